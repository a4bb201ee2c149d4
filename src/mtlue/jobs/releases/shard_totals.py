"""What is known of collections that were released in shards, one after another."""

from __future__ import annotations

from dataclasses import dataclass, field

from mtlue.data.listing import Skipped
from mtlue.data.loading import Collection
from mtlue.fidelity.record import Fidelity
from mtlue.imaging.sizes import least_and_most
from mtlue.release.decoded import Difference, WrittenFiles
from mtlue.release.formats import Survival
from mtlue.release.shards.verify import Proofs
from mtlue.release.writer import WrittenRelease


@dataclass
class Totals:
    """What is known of all collections that were released so far."""

    changed: int = 0
    survival: Survival = field(default_factory=Survival)
    bytes: int = 0
    source_bytes: int | None = 0
    source_sizes: tuple[tuple[int, int], ...] = ()
    difference: Difference | None = None
    proofs: Proofs = field(default_factory=Proofs)
    unlabelled: list[str] = field(default_factory=list)
    left_out: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    read: dict[str, None] = field(default_factory=dict)
    fidelity: Fidelity | None = None

    def merge(self, later: Totals) -> None:
        """Count all collections that were counted elsewhere."""
        self.changed += later.changed
        self.survival.merge(later.survival)
        sizes = later.source_sizes
        self._add_files(WrittenFiles(later.bytes, later.source_bytes, difference=later.difference, source_sizes=sizes))
        self.proofs.add(later.proofs.result())
        self.unlabelled += later.unlabelled
        self.left_out |= later.left_out
        self.notes |= later.notes
        self.skipped += later.skipped
        self.read |= later.read
        if later.fidelity is not None:
            self.add_fidelity(later.fidelity)

    def add(self, collection: Collection, written: WrittenRelease) -> None:
        """Count a collection and what was written of it."""
        self.changed += written.changed
        self.survival.merge(written.survival)
        self._add_files(written.files)
        self.left_out |= dict.fromkeys(written.manifest.labels_left_out)
        self.notes |= dict.fromkeys(written.notes)
        self.skipped += collection.skipped
        self.read |= dict.fromkeys(collection.notes)

    def _add_files(self, files: WrittenFiles) -> None:
        self.bytes += files.bytes
        if self.source_bytes is not None:
            self.source_bytes = None if files.source_bytes is None else self.source_bytes + files.source_bytes
        self.source_sizes = least_and_most((*self.source_sizes, *files.source_sizes))
        if files.difference is not None:
            self.difference = files.difference + (self.difference or Difference())

    @property
    def files(self) -> WrittenFiles:
        """What the images of all of them take up and keep."""
        return WrittenFiles(self.bytes, self.source_bytes, self.survival.share, self.difference, self.source_sizes)

    @property
    def largest(self) -> int:
        """Change of a pixel, in levels, as read back from disk."""
        return self.proofs.largest or 0

    def add_fidelity(self, more: Fidelity) -> None:
        """Count what was measured of a collection."""
        self.fidelity = more if self.fidelity is None else self.fidelity.joined(more)
