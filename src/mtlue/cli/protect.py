"""``mtlue protect``: make a labelled image folder unlearnable."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, err, out
from mtlue.cli.method import MethodParser
from mtlue.cli.profile_table import ProfileOptions, print_profile
from mtlue.cli.task_table import print_tasks
from mtlue.data.loading import Collection
from mtlue.data.options import DataOptions
from mtlue.jobs.protect import JobResult, run_protect
from mtlue.methods.options import MethodChoice, MethodOptions
from mtlue.release.formats import FORMATS, ReleaseForm
from mtlue.runtime import Runtime
from mtlue.seeds import is_secret, read_seed, secret_seed


@dataclass(frozen=True)
class OutputOptions:
    """Where the result goes.

    Args:
        out: folder for release/ (what may be published) and private/ (what may not).
        overwrite: replace a release that is there.
        splits: splits to release; all by default.
        format: png, webp-lossless, or with --lossy also jpeg and webp.
        native: release each image at its own size, instead of the working size.
        lossy: allow a lossy format, which keeps only a part of the perturbation and no bound on it.
    """

    out: Path
    overwrite: bool = False
    splits: list[str] | None = None
    format: str = "png"
    native: bool = False
    lossy: bool = False

    def form(self) -> ReleaseForm:
        """How images are written."""
        return ReleaseForm(self.format, self.native, self.lossy)


@dataclass(frozen=True)
class SecretOptions(RuntimeOptions):
    """Where and how to compute, and what keeps strangers from doing the same.

    Args:
        seed: repeats an earlier run: its whole number, or the 32 hexadecimal digits that its private/config.json shows.
            By default a secret of 128 bits is drawn and kept in private/. A short seed is no secret: whoever tries it
            gets the perturbation, and takes it off.
        device: auto takes a GPU if there is one.
        precision: 32-true, bf16-mixed, or on a GPU 16-mixed.
    """

    seed: str | None = None  # type: ignore[assignment]

    def chosen_seed(self) -> int:
        return secret_seed() if self.seed is None else read_seed(self.seed)


@dataclass(frozen=True)
class FitOptions:
    """What the generator is fitted on.

    Args:
        fit_limit: fit on at most this many training images, chosen by the keyed hash of their id; all are
            released.
    """

    fit_limit: int | None = None


def run(arguments: Sequence[str]) -> int:
    groups = (DataOptions, OutputOptions, FitOptions, MethodOptions, SecretOptions, ProfileOptions)
    parser = MethodParser("protect", __doc__ or "", arguments, *groups)
    options = parser.parse(arguments)
    data = parser.read(options, DataOptions)
    output = parser.read(options, OutputOptions)
    method = parser.method(options)
    profiled = parser.read(options, ProfileOptions).profile
    runtime = parser.read(options, SecretOptions).runtime(profiled=profiled)
    warn_of_short(runtime)
    result = run_protect(
        data,
        output.out,
        method,
        runtime,
        overwrite=output.overwrite,
        splits=output.splits,
        form=output.form(),
        fit_limit=parser.read(options, FitOptions).fit_limit,
        when_loaded=lambda collection: announce(collection, method),
    )
    print_result(result, output.out)
    print_profile(runtime)
    return 0


def warn_of_short(runtime: Runtime) -> None:
    """Say what a short seed means for what will be published."""
    if not is_secret(runtime.seed):
        err.print(
            f"note: --seed {runtime.seed} is no secret: anyone can try it, get the same perturbation and take it off; "
            "leave --seed out for what you publish, and a secret is drawn and kept in private/"
        )


def announce(collection: Collection, method: MethodChoice) -> None:
    """Print the tasks, and which method ``auto`` chose for them where it is not the usual one.

    Raises:
        InputError: a setting was given that the chosen method does not have.
    """
    print_tasks(collection)
    name = method.name_for(collection.tasks)
    if name != method.name_for():
        err.print(f"method: {name}, made for labels per pixel (--method tap is the generator's)")
    method.settings_for(collection.tasks)


def print_result(result: JobResult, folder: Path) -> None:
    """What was released, and where."""
    manifest = result.manifest
    counts = ", ".join(f"{count} {split}" for split, count in manifest.counts.items())
    size = "their own sizes" if manifest.native else f"{manifest.size[1]}x{manifest.size[0]} pixels"
    released = len(manifest.images)
    same = released - result.changed
    left = f"; {same} of them {'is as it was' if same == 1 else 'are as they were'}" if same else ""
    out.print(f"protected {released} images ({counts}) of {size}{left}")
    _print_proof(result)
    out.print(f"publish: {folder / 'release'}")
    out.print(f"keep to yourself: {folder / 'private'}")
    err.print("Protection raises the cost of learning from these images; it does not make that impossible.")


def _print_proof(result: JobResult) -> None:
    manifest = result.manifest
    if FORMATS[manifest.image_format].lossless:
        out.print(f"largest change: {result.largest_change} of {manifest.epsilon:g} levels allowed (verified on disk)")
        return
    err.print(
        f"warning: {manifest.image_format} is lossy: {result.survival:.0%} of the perturbation survives in the files, "
        f"and a pixel differs by up to {result.largest_change} levels instead of {manifest.epsilon:g}"
    )
