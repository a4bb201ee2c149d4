"""The application without a server, and projects on disk, for tests of the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from mtlue.ui.web.app import application
from mtlue.ui.web.guard import Address
from mtlue.ui.wording.findings import Estimate, Findings, TaskFound
from mtlue.ui.workspace.workplace import Project, Workplace

ADDRESS = Address(8000, "the-token")
ORIGIN = "http://127.0.0.1:8000"
SECRET = "5ec2e7" * 6
"""Stands in every file of a private folder."""


@contextmanager
def served(folder: Path, limit: int = 1_000_000) -> Iterator[TestClient]:
    """A browser's client; images may be chosen below ``folder / "home"``, and work lies in ``folder / "work"``."""
    (folder / "home").mkdir(exist_ok=True)
    app = application(ADDRESS, folder / "home", folder / "work", limit)
    with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}, follow_redirects=False) as client:
        yield client


def at(path: str) -> str:
    """A path on the server."""
    return f"{ADDRESS.base}{path}"


def project_in(folder: Path) -> Project:
    """A project that was looked at and protected, without the work of it."""
    workplace = Workplace(folder / "work")
    workplace.create()
    project = workplace.new()
    project.describe("photos", folder / "home", uploaded=False)
    stages = project.stage("look"), project.stage("protect")
    for stage in stages:
        stage.asked({})
        stage.journal.add("started", process=1)
    FOUND.write(project)
    project.stage("protect").journal.add("ReleaseWritten", **WRITTEN)
    for stage in stages:
        stage.journal.add("done", text="")
    project.stage("protect").journal.copy_to(project.told)
    release, private = project.out.release, project.out.private
    (release.path / "images").mkdir(parents=True)
    release.manifest.write_text("{}")
    (release.path / "images/a.png").write_bytes(b"image" * 100)
    private.path.mkdir()
    private.config.write_text(SECRET)
    private.generator_weights.write_text(SECRET)
    return project


WRITTEN = {
    "text": "Written.",
    "images": 2,
    "splits": "2 train",
    "largest_change": 8,
    "size": "1 kB",
    "source_size": None,
}
FOUND = Findings(
    layout="a table, labels.csv",
    images=2,
    splits={"train": 2},
    height=8,
    width=8,
    sizes="16 × 16",
    resized=True,
    colour=True,
    tasks=[TaskFound("age", "categorical", 3, 2, visible=False), TaskFound("hair", "regression", 0, 2, visible=True)],
    notes=[],
    skipped=1,
    examples=["b.png: <script>alert(1)</script>"],
    method="tap",
    presets=["fast", "strong"],
    estimate=Estimate(
        {"fast": 50.0, "strong": 590.0},
        {"subtle": 10, "standard": 20, "strong": 30},
        1000,
        check=4.0,
        check_of={"age": 6.0, "hair": 600.0},
    ),
)
