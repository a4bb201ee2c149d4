"""Where the clean images of a release are: as its private folder remembers it, or as a user says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mtlue.cli.shared.folder import named_source
from mtlue.cli.telling.accounts import print_note
from mtlue.cli.terminal.console import err
from mtlue.data.options import AUTO, DataOptions
from mtlue.errors import InputError, param
from mtlue.evaluation.keys import settled
from mtlue.faults import Faults
from mtlue.jobs.requests.places import check_data_places, require_release
from mtlue.jobs.requests.remembered_data import kept_data, remembered_data, with_given
from mtlue.release.layout import OutputFolder


@dataclass(frozen=True)
class CleanOptions(DataOptions):
    __doc__ = DataOptions.__doc__

    dataset: str | None = None  # type: ignore[assignment]

    @property
    def source(self) -> str:
        return AUTO if self.dataset is None else super().source

    def given(self) -> DataOptions | None:
        """Where the clean images are; None where neither a folder nor a dataset is named.

        Raises:
            InputError: options say how they are read all the same.
        """
        if self.dataset is not None:
            return self
        if self.data is not None:
            return named_source(replace(self, dataset=AUTO))
        if lost := [param(name) for name in settled(self) if name not in ("cache", "no_cache")]:
            raise InputError(f"{', '.join(lost)} says how clean images are read: give {param('data')}, too")
        return None


def clean_data(release: Path, options: CleanOptions, faults: Faults) -> DataOptions:
    """Where the clean images of a release are: as ``protect`` remembers it, and in its place what the options say.

    Args:
        release: folder that ``protect`` wrote.
        options: what a user says of the clean images.
        faults: gets what is wrong with them.

    Raises:
        InputError: nothing says where they are; the text tells the other faults, too.
    """
    given = settled(options)
    data, named = DataOptions(**given), bool(given.keys() & {"dataset", "data"})
    with faults.gathered():
        if not named:
            require_release(release)
        data = named_source(remembered_data(release, given))
    if not named:
        faults.check()
    return data


def clean_or_remembered(out: Path | None, options: CleanOptions) -> DataOptions | None:
    """The clean images: what the options say, in place of what the private folder remembers; one line says which.

    None where neither says it, and where the remembered ones are not there any more.

    Args:
        out: folder that ``protect`` or ``apply`` wrote; None where there is none.
        options: what a user says of the clean images.
    """
    kept = None if out is None else _kept(out)
    if kept is None:
        return options.given()
    given = settled(options)
    clean = with_given(kept, given)
    if given.keys() & {"dataset", "data"}:
        return named_source(clean)
    assert out is not None
    private = OutputFolder(out).private.path
    try:
        check_data_places(clean)
    except InputError as error:
        print_note(f"the clean images that {private} remembers cannot be compared: {error.text}")
        return None
    err.print(f"clean images: {clean.data or f'dataset {clean.dataset}'}, as {private} remembers", soft_wrap=True)
    return clean


def _kept(folder: Path) -> DataOptions | None:
    """What the private folder remembers of the clean images, as far as it can be read."""
    try:
        return kept_data(folder)
    except InputError as error:
        print_note(error.text)
        return None
