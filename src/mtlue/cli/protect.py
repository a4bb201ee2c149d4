"""``mtlue protect``: make a labelled image folder unlearnable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.cli.accounts import print_note
from mtlue.cli.console import err, say_next, typed
from mtlue.cli.folder import audit_of, named_source, proof_of
from mtlue.cli.many_devices import ManyDevicesOptions
from mtlue.cli.method import MethodParser
from mtlue.cli.process import flag, heavy_imports
from mtlue.cli.profile_table import ProfileOptions, print_profile
from mtlue.data.listing import TEST
from mtlue.data.options import DataOptions
from mtlue.errors import check_least, check_most, spoken
from mtlue.faults import Faults
from mtlue.jobs.events import Event, Note
from mtlue.jobs.requests.owner import MOST_PREVIEWED, ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods.options import MethodChoice, MethodOptions
from mtlue.release.form import ReleaseForm
from mtlue.seeds import is_secret, read_seed

if TYPE_CHECKING:
    from mtlue.jobs.releases.writing import ReleaseResult


@dataclass(frozen=True)
class OutputOptions:
    """Where the result goes.

    Args:
        out: folder for release/ (what may be published) and private/ (what may not).
        overwrite: replace an existing release.
        splits: splits to release; all by default.
        format: png, webp-lossless, or with --quality or --lossy also jpeg, which keeps the colour of every pixel
            (4:4:4), and webp, which halves the resolution of colour (4:2:0) and so keeps less of the perturbation; or
            parquet or webdataset for shards, with settings if need be, as in parquet:images=webp-lossless,rows=5000.
        native: release each image at its own size, instead of the working size.
        lossy: allow a lossy format, which keeps only a part of the perturbation, and whose files epsilon does not
            bound; giving --quality says the same.
        quality: of jpeg and webp, 1 to 100; 90 by default.
        store: with parquet or webdataset, put the release into this folder of an object store, as fsspec names it
            (s3://bucket/faces), one shard at a time; OUT keeps private/, and of the release all but the shards.
    """

    out: Path
    overwrite: bool = False
    splits: list[str] | None = None
    format: str = "png"
    native: bool = False
    lossy: bool = False
    quality: int | None = None
    store: str | None = None

    def check(self) -> None:
        """Refuse what is wrong with the format."""
        self.form().checked().check_store(self.store)

    def form(self) -> ReleaseForm:
        """How images are written."""
        return ReleaseForm(self.format, self.native, self.lossy, self.quality)

    def released_splits(self) -> tuple[str, ...] | None:
        """The splits to release; None for all."""
        return None if self.splits is None else tuple(self.splits)


@dataclass(frozen=True)
class SecretOptions:
    """What keeps strangers from repeating it.

    Args:
        seed: repeats an earlier run: its whole number, or the 32 hexadecimal digits that its private/config.json shows.
            By default a secret of 128 bits is drawn and kept in private/. A short seed is not secret: anyone who tries
            it gets the perturbation, and can remove it.
    """

    seed: str | None = None

    def check(self) -> None:
        """Refuse what is no seed."""
        if self.seed is not None:
            read_seed(self.seed)


@dataclass(frozen=True)
class FitOptions:
    """What the generator is fitted on, and what is seen before.

    Args:
        fit_limit: fit on at most this many training images, chosen by the keyed hash of their id; all are
            released.
        preview: before the fit, write a picture of so many images before, after and their difference enlarged, and
            open it where there is a screen. A short fit makes it: it shows the strength to the eye, not the final
            perturbation. It shows clean images, so it lies in private/, and until the release is there in
            OUT/.mtlue-fit.
    """

    fit_limit: int | None = None
    preview: int = 0

    def check(self) -> None:
        """Refuse a number that is too small."""
        check_least(self, fit_limit=2, preview=0)
        check_most(self, preview=MOST_PREVIEWED)


def run(arguments: Sequence[str]) -> int:
    own = (OutputOptions, FitOptions, MethodOptions, SelfCheckOptions, SecretOptions)
    groups = (DataOptions, *own, ManyDevicesOptions, ProfileOptions)
    parser = MethodParser("protect", __doc__ or "", arguments, *groups, words=("data",))
    given = parser.parse(arguments)
    output, seed = given[OutputOptions], given[SecretOptions].seed
    faults = Faults()
    method, data = MethodChoice(), given[DataOptions]
    with faults.gathered():
        data = named_source(data)
    with faults.gathered():
        method = parser.method(given)
    request = ProtectRequest(
        data,
        output.out,
        output.overwrite,
        output.released_splits(),
        output.form(),
        output.store,
        method=method,
        seed=seed,
        fit_limit=given[FitOptions].fit_limit,
        self_check=given[SelfCheckOptions],
        preview=given[FitOptions].preview,
    )
    with faults.told_together():
        request.examine(_tell_note)
    faults.check()
    with heavy_imports():
        from mtlue.cli.owner_telling import tell
        from mtlue.jobs.protection.crew import fit_along
        from mtlue.jobs.protection.protect import run_protect
    with given[ManyDevicesOptions].processes(given[ProfileOptions].profile) as runtime:
        if runtime.rank > 0:
            fit_along(request, runtime)
            return 0
        if seed is not None:
            _warn_of_short(read_seed(seed))
        result = run_protect(request, runtime, tell)
        print_profile(runtime)
    if request.preview:
        err.print(f"preview (shows clean images: keep it): {request.folder.private.preview}", soft_wrap=True)
    if then := _next(request, result):
        say_next(then)
    return 0


def _next(request: ProtectRequest, result: ReleaseResult) -> str:
    """What to do after it; nothing where the check has said so, as an audit could tell nothing."""
    out, few, proof = typed(request.out), result.few_tested, proof_of(request.out, result.manifest)
    if request.store is not None:
        return f"mtlue verify {out} reads the release back from {request.store}"
    if TEST not in result.manifest.counts:  # audit takes none without
        return f"{proof}; mtlue audit would need test images, which it lacks"
    if few is not None and not few.audited:
        return "" if result.verdict is not None else f"{proof}; {spoken(few.no_audit, flag)}"
    return audit_of(request.out)


def _tell_note(event: Event) -> None:
    if isinstance(event, Note):
        print_note(event.text)


def _warn_of_short(seed: int) -> None:
    """Say what a short seed means for what will be published."""
    if not is_secret(seed):
        print_note(
            f"--seed {seed} is not secret: anyone can try it, compute the same perturbation and subtract it; leave "
            "--seed out for what you publish: a secret seed is then drawn and kept in private/"
        )
