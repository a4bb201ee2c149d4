"""Where a browser sends what was dropped: file by file, or as one zip; answers are JSON for the script."""

from __future__ import annotations

from dataclasses import asdict

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from mtlue.errors import InputError
from mtlue.ui.stages import processes
from mtlue.ui.web.site import SiteHere
from mtlue.ui.wording.choices import LookChoices

UPLOADS = "/uploads"
receiving = APIRouter(prefix=UPLOADS)


@receiving.post("")
def begin(site: SiteHere) -> JSONResponse:
    return JSONResponse({"key": site.uploads.begin()})


@receiving.put("/{key}/file")
async def add(site: SiteHere, key: str, path: str, request: Request) -> JSONResponse:
    await site.uploads.find(key).add(path, request.stream())
    return JSONResponse({})


@receiving.put("/{key}/archive")
async def add_archive(site: SiteHere, key: str, request: Request) -> JSONResponse:
    """One zip file. Where it is refused nothing of the upload is left."""
    upload = site.uploads.find(key)
    try:
        await upload.add_archive(request.stream())
    except InputError:
        site.uploads.end(key)
        await to_thread.run_sync(upload.drop)
        raise
    return JSONResponse({})


@receiving.post("/{key}/end")
def finish(site: SiteHere, key: str, name: str = "") -> JSONResponse:
    project = site.uploads.find(key).finish(name[:100])
    site.uploads.end(key)
    processes.start(project, "look", asdict(LookChoices()))
    return JSONResponse({"to": f"{site.address.base}/projects/{project.key}"})


@receiving.delete("/{key}")
def drop(site: SiteHere, key: str) -> JSONResponse:
    upload = site.uploads.find(key)
    site.uploads.end(key)
    upload.drop()
    return JSONResponse({})
