"""``mtlue protect``: make a labelled image folder unlearnable."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, err, out, print_account
from mtlue.cli.method_options import MethodOptions
from mtlue.cli.options import Parser
from mtlue.data.options import DataOptions
from mtlue.protect import JobResult, run_protect


@dataclass(frozen=True)
class OutputOptions:
    """Where the result goes.

    Args:
        out: folder for release/ (what may be published) and private/ (what may not).
        overwrite: replace a release that is there.
        splits: splits to release; all by default.
    """

    out: Path
    overwrite: bool = False
    splits: list[str] | None = None


def run(arguments: Sequence[str]) -> int:
    parser = Parser("protect", __doc__ or "", DataOptions, OutputOptions, MethodOptions, RuntimeOptions)
    options = parser.parse(arguments)
    data = parser.read(options, DataOptions)
    output = parser.read(options, OutputOptions)
    method = parser.read(options, MethodOptions)
    runtime = parser.read(options, RuntimeOptions).runtime()
    result = run_protect(
        data,
        output.out,
        method.method,
        method.epsilon_in_range(),
        method.config(),
        runtime,
        overwrite=output.overwrite,
        splits=output.splits,
    )
    print_result(result, output.out)
    return 0


def print_result(result: JobResult, folder: Path) -> None:
    """What was released, and where."""
    print_account(result.collection.skipped, result.collection.notes)
    manifest = result.manifest
    counts = ", ".join(f"{count} {split}" for split, count in manifest.counts.items())
    tasks = ", ".join(f"{task.name} ({task.channels})" for task in result.collection.tasks)
    out.print(f"protected {len(manifest.images)} images ({counts}) of {manifest.size[1]}x{manifest.size[0]} pixels")
    out.print(f"tasks (classes): {tasks}", markup=False)
    out.print(f"largest change: {result.largest_change} of {manifest.epsilon:g} levels allowed (verified on disk)")
    out.print(f"publish: {folder / 'release'}", markup=False)
    out.print(f"keep to yourself: {folder / 'private'}", markup=False)
    err.print("Protection raises the cost of learning from these images; it does not make that impossible.")
