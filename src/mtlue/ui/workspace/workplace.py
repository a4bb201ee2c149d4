"""Where the pages keep their work: every name on disk. Imports nothing heavy.

::

    WORK/PROJECT/project.json      the name, and where the images are
    WORK/PROJECT/images/...        what was uploaded
    WORK/PROJECT/look/  protect/  audit/     a stage each: request.json, events.jsonl, progress.json, log.txt, lock
    WORK/PROJECT/out/              release/, private/ and audit/, as ``mtlue protect`` writes them
    WORK/PROJECT/released.jsonl      the events of the release that is in out/
    WORK/PROJECT/sheet.png  sheet-narrow.png  before-after.png     pictures; clean images are in them
    WORK/PROJECT/report.html       a page
"""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from mtlue.errors import InputError
from mtlue.files import named_errors, write_json
from mtlue.jobs.audits.finished import FinishedAudit, finished_audit
from mtlue.release.layout import OutputFolder
from mtlue.structured import read_json
from mtlue.ui.workspace.journal import DAMAGED, Journal
from mtlue.ui.workspace.rows import Moment
from mtlue.ui.workspace.stage_folder import STAGES, STARTS_WITHIN, StageFolder, StageName

_PROJECT = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")
_ABANDONED = 86400.0
"""Seconds after which images without a project are of an upload that was broken off."""


@dataclass(frozen=True)
class ProjectRecord:
    """``project.json``.

    Attributes:
        name: for people.
        data: folder of the images.
        uploaded: whether they are a copy that was uploaded, inside the project.
        created: seconds since 1970.
    """

    name: str
    data: Path
    uploaded: bool
    created: Moment


@dataclass(frozen=True)
class Project:
    """One dataset on its way from a folder to a release."""

    path: Path

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return self.path.name

    @property
    def file(self) -> Path:
        return self.path / "project.json"

    @property
    def images(self) -> Path:
        """What was uploaded."""
        return self.path / "images"

    @property
    def sheet(self) -> Path:
        return self.path / "sheet.png"

    @property
    def narrow_sheet(self) -> Path:
        """Fewer of the images, in fewer columns: for a phone."""
        return self.path / "sheet-narrow.png"

    @property
    def comparison(self) -> Path:
        """Some images before and after."""
        return self.path / "before-after.png"

    @property
    def report(self) -> Path:
        """The page of the small learners that tried the release: an estimate, and no proof."""
        return self.path / "report.html"

    @property
    def told(self) -> Journal:
        """What was told of the release that is there, whatever became of a later attempt."""
        return Journal(self.path / "released.jsonl")

    @property
    def out(self) -> OutputFolder:
        return OutputFolder(self.path / "out")

    @property
    def described(self) -> bool:
        """Whether it is one to show, rather than an upload: there is a ``project.json``, or the folder of a stage.

        What is there counts whatever it is, and so does what cannot be looked at: a damaged project can be removed.
        """
        return any(map(_is_anything, (self.file, self.out.path, *(self.stage(name).path for name in STAGES))))

    @property
    def record(self) -> ProjectRecord:
        return read_json(self.file, ProjectRecord, DAMAGED)

    @property
    def released(self) -> bool:
        return self.out.release.manifest.is_file()

    @property
    def running(self) -> StageName | None:
        """The stage whose process lives."""
        return next((name for name in STAGES if self.stage(name).works), None)

    @property
    def beginning(self) -> FileLock:
        """Held while a stage is begun or the project is removed: of two requests at once the second sees the first."""
        return FileLock(self.path / "beginning.lock", timeout=STARTS_WITHIN)

    @property
    def audited(self) -> FinishedAudit | None:
        """What the audit of the release that is there says; None where it has no audit with a page."""
        return finished_audit(self.out.path) if self.out.findings.page.is_file() else None

    def stage(self, name: StageName) -> StageFolder:
        return StageFolder(self.path / name)

    def describe(self, name: str, data: Path, uploaded: bool) -> None:
        """Write ``project.json``: from then on the project is shown."""
        record = asdict(ProjectRecord(name, data, uploaded, time.time()))
        write_json(self.file, {**record, "data": str(data)})

    def remove(self) -> None:
        """Delete everything of it, release and private part too; images that were not uploaded stay.

        Raises:
            InputError: a process works on it, or something of it cannot be deleted.
        """
        with self._alone():
            if self.running:
                raise InputError("work on this project goes on: cancel it first")
            shutil.rmtree(self.path, ignore_errors=True)
        if self.path.exists():
            raise InputError(f"{self.path} cannot be deleted whole: delete it yourself")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """As :attr:`beginning`; where that cannot be locked, nobody else locks it."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self.beginning)
            except Timeout as error:
                raise InputError("work on this project is about to begin: cancel it first") from error
            except OSError:
                pass
            yield


@dataclass(frozen=True)
class Workplace:
    """The folder of all projects, for this user's eyes alone."""

    path: Path

    def create(self) -> None:
        """Make the folder, and delete uploads that were broken off long ago.

        Raises:
            OutputError: it cannot be made.
        """
        with named_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in self._folders():
            if not Project(folder).described and time.time() - folder.stat().st_mtime > _ABANDONED:
                shutil.rmtree(folder, ignore_errors=True)

    def new(self) -> Project:
        """A project that is still to be described."""
        path = self.path / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
        with named_errors(path):
            path.mkdir(mode=0o700)
        return Project(path)

    def projects(self) -> list[Project]:
        """The latest first."""
        return [project for folder in self._folders() if (project := Project(folder)).described]

    def project(self, key: str) -> Project | None:
        """A project by its key; None where there is none."""
        project = Project(self.path / key)
        return project if _PROJECT.fullmatch(key) and project.described else None

    def _folders(self) -> list[Path]:
        found = (folder for folder in self.path.iterdir() if _PROJECT.fullmatch(folder.name) and folder.is_dir())
        return sorted(found, reverse=True)


def _is_anything(path: Path) -> bool:
    """Whether there is a file, a folder or a link, or nobody can tell."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
