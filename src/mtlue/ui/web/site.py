"""What all pages share: where work lies, what may be chosen, and how templates are filled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import Depends, Request
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse

from mtlue._version import __version__
from mtlue.errors import InputError
from mtlue.ui.web.guard import Address
from mtlue.ui.web.uploads import Uploads
from mtlue.ui.wording.sentences import as_sentence, in_splits
from mtlue.ui.workspace.browsing import Shelf
from mtlue.ui.workspace.workplace import Project, Workplace
from mtlue.visible import visible


class NotFoundError(InputError):
    """There is no such project, or it has no such page."""


@dataclass(frozen=True)
class Site:
    """The state of the server; what matters is on disk."""

    address: Address
    workplace: Workplace
    shelf: Shelf
    uploads: Uploads
    templates: Environment

    def project(self, key: str) -> Project:
        """A project that an address names.

        Raises:
            NotFoundError: there is none.
        """
        project = self.workplace.project(key)
        if project is None:
            raise NotFoundError("there is no such project; it may have been removed")
        return project

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page."""
        return HTMLResponse(self.templates.get_template(template).render(**values), status)

    def to(self, place: str) -> RedirectResponse:
        """The way to another page, after a form."""
        return RedirectResponse(f"{self.address.base}{place}", 303)


def sent(name: str) -> str:
    """A name from data as the value that a form sends, in letters that no page shows otherwise and no browser changes.

    What is shown has control characters written out, and browsers send each line break as two characters.
    """
    return quote(name, encoding="utf-8", errors="surrogatepass")


def received(value: object) -> str:
    """The name that :func:`sent` made a value of.

    Raises:
        InputError: it is of another page.
    """
    try:
        return unquote(str(value), errors="surrogatepass")
    except UnicodeDecodeError as error:
        raise InputError("one of the answers is not on the page: go back, load it again, and choose anew") from error


def environment(address: Address, root: Path) -> Environment:
    """The templates; text from data is shown as text, control characters written out, but for what a form sends."""
    made = Environment(
        loader=PackageLoader("mtlue.ui.web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(sentence=as_sentence, in_splits=in_splits, sent=sent)
    made.globals.update(base=address.base, version=__version__, root=root)
    return made


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0)


SiteHere = Annotated[Site, Depends(_site)]
Form = Annotated[FormData, Depends(_form)]
