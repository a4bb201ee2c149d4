"""The application: pages, uploads and files behind the guard."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from mtlue.errors import MtlueError
from mtlue.ui.web.files import files
from mtlue.ui.web.guard import Address, Guard
from mtlue.ui.web.pages import pages
from mtlue.ui.web.receiving import UPLOADS, receiving
from mtlue.ui.web.site import NotFoundError, Site, environment
from mtlue.ui.web.uploads import TooLargeError, Uploads
from mtlue.ui.wording.sentences import as_sentence, plainly
from mtlue.ui.workspace.browsing import Shelf
from mtlue.ui.workspace.workplace import Workplace

_STATIC = Path(__file__).parent / "static"


def application(address: Address, root: Path, work: Path, limit: int) -> Guard:
    """Everything that the server answers.

    Args:
        address: where it is found.
        root: folder below which images may be chosen.
        work: folder for uploads and results.
        limit: bytes of an upload.

    Raises:
        OutputError: the work folder cannot be made.
    """
    root, workplace = root.resolve(), Workplace(work.resolve())
    workplace.create()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = Site(
        address, workplace, Shelf(root, workplace.path), Uploads(workplace, limit), environment(address, root)
    )
    app.include_router(pages)
    app.include_router(files)
    app.include_router(receiving)
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.add_exception_handler(MtlueError, _refused)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(Exception, _broken)
    return Guard(app, address, UPLOADS)


def _refused(request: Request, error: Exception) -> Response:
    """What was wrong, and what to do: a page, or JSON for the script that uploads."""
    text = as_sentence(plainly(error.text if isinstance(error, MtlueError) else str(error)))
    status = 413 if isinstance(error, TooLargeError) else 404 if isinstance(error, NotFoundError) else 400
    return _answer(request, text, status)


def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    missing = status in (404, 405)
    return _answer(request, "There is no such page." if missing else "What the page sent cannot be read.", status)


def _broken(request: Request, error: Exception) -> Response:
    """What should not happen; the traceback is printed where the pages were started."""
    if isinstance(error, OSError) and error.filename is not None:
        return _answer(request, f"{error.filename} cannot be used: {error.strerror or error}.", 500)
    return _answer(request, "An error that should not happen. The window that mtlue ui was started in says more.", 500)


def _answer(request: Request, text: str, status: int) -> Response:
    site: Site = request.app.state.site
    if request.url.path.startswith(f"{site.address.base}{UPLOADS}"):
        return JSONResponse({"detail": text}, status)
    return site.page("error.html", status, text=text, back=_way_back(site, request.url.path))


def _way_back(site: Site, path: str) -> tuple[str, str]:
    """Where a page of what was wrong leads, and what the button says: to the project that a form belongs to."""
    first, _, rest = path.removeprefix(f"{site.address.base}/").partition("/")
    key, _, form = rest.partition("/")
    if first == "projects" and form and site.workplace.project(key) is not None:
        return f"/projects/{key}", "Back to the project"
    return ("/folders", "Back to the folders") if first == "folders" else ("/", "Back to the start")
