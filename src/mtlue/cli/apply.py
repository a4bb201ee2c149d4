"""``mtlue apply``: protect new images with a generator that is already fitted, one forward pass each."""

from collections.abc import Sequence
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, print_account
from mtlue.cli.options import Parser
from mtlue.cli.profile_table import ProfileOptions, print_profile
from mtlue.cli.protect import OutputOptions, print_result
from mtlue.data.options import DataOptions
from mtlue.jobs.protect import run_apply


def run(arguments: Sequence[str]) -> int:
    parser = Parser("apply", __doc__ or "", DataOptions, OutputOptions, RuntimeOptions, ProfileOptions)
    parser.add_argument("private", type=Path, help="the folder private that protect wrote")
    options = parser.parse(arguments)
    output = parser.read(options, OutputOptions)
    profiled = parser.read(options, ProfileOptions).profile
    runtime = parser.read(options, RuntimeOptions).runtime(profiled=profiled)
    result = run_apply(
        options.private,
        parser.read(options, DataOptions),
        output.out,
        runtime,
        overwrite=output.overwrite,
        splits=output.splits,
        form=output.form(),
        when_loaded=lambda collection: print_account(collection.skipped, collection.notes),
    )
    print_result(result, output.out)
    print_profile(runtime)
    return 0
