"""Where everything lies in the folder that ``protect`` writes; every name in it is written here, once.

``OUT/release`` may be published, ``OUT/private`` never::

    OUT/release/     manifest.json  metadata.csv  tasks.yaml  images/...  labels/...
                     (in shards: manifest.json  tasks.yaml  data/...  manifests/...)
    OUT/private/     config.json  training.json  files.json  fidelity.json  ids.csv  preview.png
                     manifest.sha256  generator.json  generator.safetensors
    OUT/audit/       audit.json  audit.html  unfinished.json  cells/...
    OUT/.mtlue-partial/   a run that is writing, or was killed while it was
    OUT/.mtlue-fit/       the secret, surrogates and tried fits of a run that was interrupted; private
    OUT/.mtlue-parts/     shards that ``apply`` has protected already, of a run that was interrupted; private
    OUT/.mtlue-lock       held by the run that is writing
"""

from dataclasses import dataclass
from pathlib import Path

RELEASE = "release"
PRIVATE = "private"
AUDIT = "audit"
"""Folder of what attackers got back from the release."""
AUDIT_REPORT = "audit.json"
AUDIT_PAGE = "audit.html"
AUDIT_UNFINISHED = "unfinished.json"
PREVIEW = "preview.png"
MANIFEST = "manifest.json"
RESTORED = "restored.json"
"""Says of a folder that its images came out of a release, by the key: there is nothing left to take out of them."""
METADATA = "metadata.csv"
RULES = "tasks.yaml"
"""The tasks file that says how columns are to be read, where they do not say it."""
IMAGES = "images"
LABELS = "labels"
"""Folder of the label maps."""
SHARDS, MANIFESTS = "data", "manifests"
"""Folders of a release in shards, and of the shards' manifests. Hugging Face looks for shards in ``data``."""


@dataclass(frozen=True)
class ReleaseFolder:
    """What may be published."""

    path: Path

    @property
    def manifest(self) -> Path:
        """Lists every file with its hash; a folder without it is not a release."""
        return self.path / MANIFEST

    @property
    def metadata(self) -> Path:
        """The table of labels."""
        return self.path / METADATA

    @property
    def rules(self) -> Path:
        """How the table's columns are to be read, where they do not say it."""
        return self.path / RULES


@dataclass(frozen=True)
class PrivateFolder:
    """What must not be published: it helps to undo the protection."""

    path: Path

    @property
    def config(self) -> Path:
        """The settings of the command, its secret among them."""
        return self.path / "config.json"

    @property
    def training(self) -> Path:
        """The curves and seconds of the fit, and what was skipped."""
        return self.path / "training.json"

    @property
    def fidelity(self) -> Path:
        """How visible the change is, image by image."""
        return self.path / "fidelity.json"

    @property
    def preview(self) -> Path:
        """Some clean images before and after a short fit, for the owner's eye."""
        return self.path / PREVIEW

    @property
    def files(self) -> Path:
        """What the image files take up, and how far a lossy format leaves them from the clean images."""
        return self.path / "files.json"

    @property
    def ids(self) -> Path:
        """Which source each released image was made from."""
        return self.path / "ids.csv"

    @property
    def seal(self) -> Path:
        """Hashes of the manifest and of the fitted method, so that its owner notices a change (:mod:`.seal`)."""
        return self.path / "manifest.sha256"

    @property
    def generator_settings(self) -> Path:
        """What the fitted method is, and everything of it but tensors."""
        return self.path / "generator.json"

    @property
    def generator_weights(self) -> Path:
        """Its tensors."""
        return self.path / "generator.safetensors"

    @property
    def generator(self) -> tuple[Path, Path]:
        """The fitted method: both of its files."""
        return self.generator_settings, self.generator_weights


@dataclass(frozen=True)
class AuditFolder:
    """What an audit says of a release; it is not true of another one, unlike the cells that it is made from."""

    path: Path

    @property
    def report(self) -> Path:
        """Of the last audit that ended."""
        return self.path / AUDIT_REPORT

    @property
    def page(self) -> Path:
        """The same for people."""
        return self.path / AUDIT_PAGE

    @property
    def unfinished(self) -> Path:
        """What an audit that runs, or was interrupted, has found so far."""
        return self.path / AUDIT_UNFINISHED

    def remove(self) -> None:
        """Delete all that is said: there is another release."""
        for said in (self.page, self.report, self.unfinished):
            said.unlink(missing_ok=True)


@dataclass(frozen=True)
class OutputFolder:
    """``OUT``: a release, its private part, and what a run needs while it writes."""

    path: Path

    @property
    def release(self) -> ReleaseFolder:
        return ReleaseFolder(self.path / RELEASE)

    @property
    def private(self) -> PrivateFolder:
        return PrivateFolder(self.path / PRIVATE)

    @property
    def audit(self) -> Path:
        """What attackers got back from the release (:mod:`mtlue.jobs.audits.audit`)."""
        return self.path / AUDIT

    @property
    def findings(self) -> AuditFolder:
        """What an audit says of the release."""
        return AuditFolder(self.audit)

    @property
    def lock(self) -> Path:
        return self.path / ".mtlue-lock"

    @property
    def fit(self) -> Path:
        """What an interrupted fit goes on from (:mod:`mtlue.jobs.protection.interrupted`)."""
        return self.path / ".mtlue-fit"

    @property
    def preview(self) -> Path:
        """Where the picture of a short fit is until there is a private part to keep it in."""
        return self.fit / PREVIEW

    @property
    def parts(self) -> Path:
        """What an interrupted ``apply`` over shards goes on from (:mod:`mtlue.jobs.releases.kept_parts`)."""
        return self.path / ".mtlue-parts"

    @property
    def partial(self) -> Path:
        """Exists while a run writes, and after one was killed."""
        return self.path / ".mtlue-partial"

    @property
    def stage(self) -> "OutputFolder":
        """What is being written, laid out as this folder will be."""
        return OutputFolder(self.partial)

    @property
    def replaced(self) -> tuple[tuple[Path, Path], tuple[Path, Path]]:
        """The parts of an older release, each with the place where it waits until the new ones exist."""
        return (self.release.path, self.partial / "old-release"), (self.private.path, self.partial / "old-private")

    @property
    def swapping(self) -> Path:
        """Marks that the old parts are aside, and the new ones on their way."""
        return self.partial / "swapping"

    @property
    def own_names(self) -> frozenset[str]:
        """Names in the folder that a run of this tool put there for itself."""
        return frozenset({self.lock.name, self.fit.name, self.parts.name, AUDIT})
