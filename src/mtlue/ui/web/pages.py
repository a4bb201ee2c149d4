"""The pages that people see, and the forms in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from mtlue.errors import InputError, param
from mtlue.structured import read_json, read_json_if_there, typed
from mtlue.ui.stages import processes
from mtlue.ui.web.damage import Damaged, Whole, whole_or_damaged
from mtlue.ui.web.site import Form, Site, SiteHere, received
from mtlue.ui.wording.choices import (
    BUDGETS,
    DATASETS,
    KINDS,
    PRESETS,
    STRENGTHS,
    AuditChoices,
    LookChoices,
    ProtectChoices,
)
from mtlue.ui.wording.findings import Findings, SizeOffer, findings_of
from mtlue.ui.wording.views import ProjectView
from mtlue.ui.workspace.stage_folder import STAGES, StageName
from mtlue.ui.workspace.workplace import Project
from mtlue.visible import visible

T = TypeVar("T")
pages = APIRouter()
_REMEDY = "begin the step again"
_CHOICES: dict[str, Any] = {
    "strengths": STRENGTHS,
    "presets": PRESETS,
    "budgets": BUDGETS,
    "datasets": DATASETS,
    "kinds": KINDS,
}


@dataclass(frozen=True)
class ListedProject:
    """What the start page says of a project."""

    key: str
    name: str
    created: str
    tone: str
    summary: str

    @classmethod
    def of(cls, whole: Whole) -> ListedProject:
        view = whole.view
        return cls(view.project.key, view.name, view.created, view.tone, view.summary)


@pages.get("/")
def home(site: SiteHere) -> HTMLResponse:
    projects = [whole_or_damaged(project, ListedProject.of) for project in site.workplace.projects()]
    return site.page(
        "home.html",
        projects=[one for one in projects if not isinstance(one, Damaged)],
        damaged=[one.project for one in projects if isinstance(one, Damaged)],
        limit=site.uploads.limit,
    )


@pages.get("/folders")
def folders(site: SiteHere, path: str = ".") -> HTMLResponse:
    return site.page("folders.html", listing=site.shelf.listing(path), path=path)


@pages.post("/projects")
def begin(site: SiteHere, form: Form) -> RedirectResponse:
    """A project of a folder on this machine."""
    path = received(form.get("path", ""))
    if not path:
        raise InputError("no folder is chosen: choose the one that holds the images")
    folder = site.shelf.folder(path)
    project = site.workplace.new()
    project.describe(folder.name or str(folder), folder, uploaded=False)
    processes.start(project, "look", asdict(LookChoices()))
    return site.to(f"/projects/{project.key}")


@pages.get("/projects/{key}")
def show(site: SiteHere, key: str) -> HTMLResponse:
    shown = whole_or_damaged(site.project(key), partial(_shown, site))
    if not isinstance(shown, Damaged):
        return shown
    return site.page("damaged.html", shown.status, key=key, place=shown.project.path, text=shown.text)


def _shown(site: Site, whole: Whole) -> HTMLResponse:
    return site.page(
        "project.html", view=whole.view, look=whole.look, asked=whole.asked, budget=whole.budget, **_CHOICES
    )


@pages.get("/projects/{key}/state")
def state(site: SiteHere, key: str) -> JSONResponse:
    """What the script asks for while a stage runs."""
    running = ProjectView.of(site.project(key)).running
    return JSONResponse({"state": "ended"} if running is None else running.to_json())


@pages.post("/projects/{key}/look")
def look_again(site: SiteHere, key: str, form: Form) -> RedirectResponse:
    """With what people type; what is as it was shown stays as it was."""
    project = site.project(key)
    asked = read_json_if_there(project.stage("look").request, LookChoices, _REMEDY) or LookChoices()
    shown = {name: (visible(text), text) for name, text in asdict(asked).items() if isinstance(text, str)}
    given: dict[str, str] = {}
    for name, value in form.items():
        text, (before, was) = str(value), shown.get(name, ("", ""))
        given[name] = was if text == before else text.strip()
    return _look(site, project, given)


@pages.post("/projects/{key}/settle")
def settle(site: SiteHere, key: str, form: Form) -> RedirectResponse:
    """Look again, with one of the ways that a look proposed."""
    return _look(site, site.project(key), {name: received(value) for name, value in form.items()})


def _look(site: Site, project: Project, answers: Mapping[str, str]) -> RedirectResponse:
    given = {name: text for name, text in answers.items() if text}
    choices = _typed({**given, **_test_percent(given)}, LookChoices)
    choices.options(project.record.data)  # refused before a process starts
    return _start(site, project, "look", asdict(choices))


@pages.get("/projects/{key}/times")
def times(
    site: SiteHere, key: str, size: str = "", unprotected: Annotated[list[str] | None, Query()] = None
) -> JSONResponse:
    """What the choices take in words, where some tasks stay learnable, at a size: for the script beside them."""
    estimate = _offer(_found(site.project(key)), size).estimate
    learnable = [received(name) for name in unprotected or ()]
    return JSONResponse(
        {
            "times": {preset: estimate.time(preset, learnable) for preset in estimate.seconds},
            "sizes": {strength: estimate.size(strength) for strength in estimate.bytes},
        }
    )


@pages.post("/projects/{key}/protect")
def protect(site: SiteHere, key: str, form: Form) -> RedirectResponse:
    project = site.project(key)
    found = _found(project)
    kept = {task.name for task in found.tasks} & {received(name) for name in form.getlist("protected")}
    offer = _offer(found, str(form.get("size", "")))
    given: dict[str, Any] = {
        "strength": form.get("strength"),
        "preset": form.get("preset") if found.presets else None,
        "unprotected": [task.name for task in found.tasks if task.name not in kept],
        "native": offer.native,
        "size": None if offer.sides == found.usual.sides else offer.sides,
        "look": asdict(read_json(project.stage("look").request, LookChoices, _REMEDY)),
    }
    if not kept:
        raise InputError("no task is chosen: choose at least one to protect")
    choices = _typed(given, ProtectChoices)
    choices.request(project).check()
    return _start(site, project, "protect", asdict(choices))


@pages.post("/projects/{key}/audit")
def audit(site: SiteHere, key: str, form: Form) -> RedirectResponse:
    project = site.project(key)
    choices = _typed({"budget": form.get("budget")}, AuditChoices)
    choices.request(project).check()
    return _start(site, project, "audit", asdict(choices))


@pages.post("/projects/{key}/resume")
def resume(site: SiteHere, key: str, form: Form) -> RedirectResponse:
    """Start a stage again with what it was asked for."""
    project, name = site.project(key), str(form.get("stage", ""))
    if name not in STAGES or project.stage(name).state == "new":
        raise InputError("there is nothing to go on with")
    request = read_json(project.stage(name).request, dict[str, Any], _REMEDY)
    return _start(site, project, name, request)


@pages.post("/projects/{key}/cancel")
def cancel(site: SiteHere, key: str) -> RedirectResponse:
    processes.cancel(site.project(key))
    return site.to(f"/projects/{key}")


@pages.post("/projects/{key}/remove")
def remove(site: SiteHere, key: str) -> Response:
    site.project(key).remove()
    return site.to("/")


def _start(site: Site, project: Project, name: StageName, request: dict[str, Any]) -> RedirectResponse:
    processes.start(project, name, request)
    return site.to(f"/projects/{project.key}")


def _found(project: Project) -> Findings:
    """What was found in the images.

    Raises:
        InputError: nothing was, so far.
    """
    found = findings_of(project)
    if found is None or project.stage("look").state != "done":
        raise InputError("the images have not been looked at yet")
    return found


def _offer(found: Findings, key: str) -> SizeOffer:
    """The size that a form names; the usual one where it names none.

    Raises:
        InputError: it is not offered.
    """
    offer = found.offer(key) if key else found.usual
    if offer is None:
        raise InputError(f"{param('size')} {key[:20]}: choose one that the page offers")
    return offer


def _typed(values: dict[str, Any], kind: type[T]) -> T:
    """A form's answers as choices.

    Raises:
        InputError: an answer that no page offers.
    """
    try:
        return typed(values, kind)
    except ValueError as error:  # what it says is for programmers: which page sent this is not known
        raise InputError("one of the answers is not on the page: go back, load it again, and choose anew") from error


def _test_percent(given: Mapping[str, str]) -> dict[str, int]:
    """The share kept for testing, where one is given.

    Raises:
        InputError: it is not a whole number.
    """
    text = given.get("test_percent")
    if text is None:
        return {}
    try:
        return {"test_percent": int(text)}
    except ValueError as error:
        raise InputError(f"{param('test_fraction')} '{text[:20]}': give a whole number of percent") from error
