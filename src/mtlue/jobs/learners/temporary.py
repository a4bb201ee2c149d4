"""What learners share on disk while they are trained: noised and processed images, pairs, networks."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from mtlue.arrays.use import Use, is_used
from mtlue.jobs.learners.run_folder import RunFolder


class Temporary:
    """The temporary files of a folder's runs: an interrupted one finds them again, and several at a time share them.

    Nothing is deleted while another run uses the folder: the last of them deletes all. Where the system knows no locks
    that are shared (:mod:`mtlue.arrays.use`), the first does.

    Args:
        folder: of the runs.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.path = folder.temporary
        self._used = folder.locks / "temporary.used"
        self._changing = FileLock(folder.locks / "temporary.changing")
        self._use: Use | None = None

    @contextmanager
    def used(self) -> Iterator[None]:
        """Hold the files for the time of a run; they go where it ends by itself, and stay where it is interrupted."""
        with self._changing:
            self._use = Use(self._used)
            self.path.mkdir(exist_ok=True)
        try:
            yield
            self.clear(self.path)
        finally:
            self._give_up()

    def clear(self, place: Path) -> None:
        """Delete a folder of theirs, or all of them."""
        with self._changing:
            held = self._use is not None
            self._give_up()
            if not is_used(self._used):
                shutil.rmtree(place, ignore_errors=True)
            if held:
                self._use = Use(self._used)

    def _give_up(self) -> None:
        if self._use is not None:
            self._use.end()
            self._use = None
