"""What ``restore`` is asked for. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.faults import Faults
from mtlue.files import sha256
from mtlue.jobs.requests.places import (
    check_data_places,
    check_place,
    require_private,
    require_shards_here,
    require_there,
)
from mtlue.release.finding import find_release
from mtlue.release.layout import PrivateFolder, ReleaseFolder
from mtlue.release.seal import sealed_manifest
from mtlue.release.staging import require_empty
from mtlue.structured import refusing


@dataclass(frozen=True)
class RestoreRequest:
    """Take a release's perturbation out of its images, by the key that made it.

    Args:
        private: the ``private/`` that was written with the release.
        release: the release, or the folder that holds it.
        out: folder for the images and their labels, which is not there yet, or empty; it appears whole, or not at all.
        clean: where the clean images are, to measure how far the restored ones are from them; None measures nothing.
    """

    private: Path
    release: Path
    out: Path
    clean: DataOptions | None = None

    def check(self) -> None:
        """Refuse what is wrong with options and places, and a key of another release.

        Raises:
            InputError: an option, or the key; :class:`mtlue.errors.OutputError`: the output folder;
            :class:`mtlue.errors.VerificationError`: there is no whole release.
        """
        faults = Faults()
        for check in self._checks():
            with faults.gathered():
                check()
        faults.check()
        self._check_out()
        self._check_key()

    def _checks(self) -> Iterator[Callable[[], object]]:
        yield lambda: require_private(self.private)
        yield lambda: require_there(self.release, "give the release/ that protect or apply wrote")
        yield lambda: check_place(self.out, self.clean)
        if self.clean is not None:
            yield lambda: check_data_places(self.clean or DataOptions())

    def _check_out(self) -> None:
        require_empty(self.out)
        if self.out.resolve().is_relative_to(self.private.resolve()):
            raise InputError(f"{param('out')} {self.out} lies inside {self.private}: choose a place outside it")

    def _check_key(self) -> None:
        release, private = find_release(self.release), PrivateFolder(self.private)
        require_shards_here(release)
        with refusing(private.seal, "give the private/ that was written with the release"):
            sealed = sealed_manifest(private)
        if sealed != sha256(ReleaseFolder(release).manifest):
            raise InputError(
                f"{self.private} was not written with {release}, or one of them was changed since: each release has a "
                "private/ of its own, which alone restores it"
            )
