"""Parts of a dataset that were protected before their release exists: each in a folder that appears whole.

They lie in ``OUT/.mtlue-parts``, as private as ``OUT/private``, until a release is there
(:mod:`mtlue.release.staging`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from mtlue._version import __version__
from mtlue.data.listing import FileNote, Skipped
from mtlue.data.loading import Collection, part_state
from mtlue.data.options import DataOptions
from mtlue.devices import Precision
from mtlue.evaluation.keys import experiment_key
from mtlue.files import folder_written_whole, sha256, write_json
from mtlue.jobs.releases.apply_parts import Parts
from mtlue.jobs.releases.shard_totals import Totals
from mtlue.jobs.releases.shards import Places, add_ids, release_collection
from mtlue.jobs.requests.owner import ApplyRequest, plain
from mtlue.protector import Protector
from mtlue.release.layout import OutputFolder, PrivateFolder
from mtlue.structured import read_json

_RECORD = "part.json"
_IRRELEVANT = ("out", "overwrite", "cluster", "private", "data", "store")
"""Fields of a request that do not decide what a part becomes, or are counted by what they name."""


@dataclass(frozen=True)
class KeptPart:
    """What is known of a part that was protected.

    Attributes:
        ids, splits: of all that was read.
        skipped: on reading.
        notes: on reading; those on one file as its name and what they say.
        totals: of what was released; nothing where the part holds none of the splits.
        released: whether anything was.
    """

    ids: list[str]
    splits: list[str]
    skipped: list[Skipped]
    notes: list[str | tuple[str, str]]
    totals: Totals
    released: bool

    def told(self) -> list[str]:
        """Its notes as they were made."""
        return [note if isinstance(note, str) else FileNote(*note) for note in self.notes]


@dataclass(frozen=True)
class KeptParts:
    """The folders of a dataset's parts, under what decides their content.

    Args:
        request: of the job.
        options: of each part.
        precision: of the runtime.
        most_measured: images of each part whose change is measured.
    """

    request: ApplyRequest
    options: Sequence[DataOptions]
    precision: Precision
    most_measured: int

    def missing(self) -> list[int]:
        """The numbers of parts that have no folder yet.

        Names are listed, not looked up: a network's file system may remember for long that one was not there.
        """
        root = self.request.folder.parts
        there = {path.name for path in root.iterdir()} if root.is_dir() else set()
        return [number for number, name in enumerate(self._names) if name not in there]

    def keep(self, number: int, protector: Protector, parts: Parts) -> None:
        """Protect, write and verify a part.

        Args:
            number: of the part.
            protector: fitted.
            parts: reads it.
        """
        whole = folder_written_whole(self._folder(number), first_wins=True)  # a machine that was taken for lost had it
        with whole as place, parts.opened(self.options[number]) as collection:
            totals, wanted = Totals(), parts.wanted(collection)
            if wanted is not None:
                self._release(OutputFolder(place), protector, wanted, totals)
            kept = KeptPart(
                ids=[*collection.listing.ids],
                splits=[*dict.fromkeys(collection.splits)],
                skipped=parts.skipped,
                notes=[(note.file, note.text) if isinstance(note, FileNote) else note for note in parts.notes],
                totals=totals,
                released=wanted is not None,
            )
            write_json(place / _RECORD, msgspec.to_builtins(plain(asdict(kept))))

    def read(self, number: int) -> KeptPart:
        """What is known of a part.

        Raises:
            InputError: its folder is damaged.
        """
        folder = self._folder(number)
        return read_json(folder / _RECORD, KeptPart, f"delete {folder} and run again")

    def release(self, number: int, places: Places) -> None:
        """Add what was released of a part to a release."""
        own = OutputFolder(self._folder(number))
        places.writer.adopt(own.release.path)
        add_ids(places.stage.private.ids, own.private.ids)

    def _release(self, own: OutputFolder, protector: Protector, collection: Collection, totals: Totals) -> None:
        own.release.path.mkdir()
        own.private.path.mkdir(mode=0o700)
        release_collection(protector, collection, Places(own, self.request), totals, self.most_measured)

    def _folder(self, number: int) -> Path:
        return self.request.folder.parts / self._names[number]

    @cached_property
    def _names(self) -> list[str]:
        """A name for each part, from all that decides what it becomes."""
        asked = {name: value for name, value in plain(asdict(self.request)).items() if name not in _IRRELEVANT}
        fitted = [sha256(file) for file in PrivateFolder(self.request.private).generator if file.is_file()]
        common = (__version__, asked, fitted, self.precision, self.most_measured)
        return [
            f"{number:06d}-{experiment_key(*common, plain(asdict(one)), part_state(one))}"
            for number, one in enumerate(self.options)
        ]
