"""The files of a project that a browser gets, each by an address of its own: no other file of it is served."""

from __future__ import annotations

import logging
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import FileResponse, StreamingResponse
from starlette.types import Send

from mtlue.errors import InputError
from mtlue.ui.web.downloads import file_name, zipped
from mtlue.ui.web.guard import REPORT_POLICY
from mtlue.ui.web.site import NotFoundError, SiteHere

files = APIRouter(prefix="/projects/{key}")
_LOG = logging.getLogger("uvicorn.error")
"""What is printed where the pages were started."""


class Download(StreamingResponse):
    """An answer whose end never comes where what it is read from fails: a browser takes no part for the whole."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except (InputError, OSError) as error:
            _LOG.error("a download broke off: %s", error)


@files.get("/sheet.png")
def sheet(site: SiteHere, key: str) -> FileResponse:
    return _file(site.project(key).sheet, "image/png")


@files.get("/sheet-narrow.png")
def narrow_sheet(site: SiteHere, key: str) -> FileResponse:
    return _file(site.project(key).narrow_sheet, "image/png")


@files.get("/before-after.png")
def comparison(site: SiteHere, key: str) -> FileResponse:
    return _file(site.project(key).comparison, "image/png")


@files.get("/report.html")
def report(site: SiteHere, key: str) -> FileResponse:
    return _file(site.project(key).report, "text/html")


@files.get("/audit.html")
def audit(site: SiteHere, key: str) -> FileResponse:
    project = site.project(key)
    if project.audited is None:
        raise NotFoundError("this release has no audit yet")
    return _file(project.out.findings.page, "text/html")


@files.get("/release.zip")
def release(site: SiteHere, key: str) -> Download:
    """What may be published, whole; never the private part."""
    project = site.project(key)
    if not project.released:
        raise NotFoundError("there is no release yet")
    name = f"{file_name(project.record.name)}-protected"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.zip', safe='')}"}
    parts = zipped(project.out.release.path, name)
    begun = next(parts)  # what fails at once is said on a page
    return Download(chain([begun], parts), media_type="application/zip", headers=headers)


def _file(path: Path, kind: str) -> FileResponse:
    if not path.is_file():
        raise NotFoundError("this page is not made yet")
    headers = {"Content-Security-Policy": REPORT_POLICY} if kind == "text/html" else {}
    return FileResponse(path, media_type=kind, headers=headers)
