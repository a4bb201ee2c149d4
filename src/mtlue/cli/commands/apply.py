"""``mtlue apply``: protect new images with a generator that is already fitted, one forward pass each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtlue.cli.parsing.options import Parser
from mtlue.cli.parsing.values import PLACE
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.shared.folder import named_source
from mtlue.cli.shared.output import OutputOptions, finished_store
from mtlue.cli.shared.profile import ProfileOptions, print_profile
from mtlue.cli.telling.next_steps import proof_of, read_back_from
from mtlue.cli.terminal.console import say_next
from mtlue.data.options import DataOptions
from mtlue.jobs.requests.cluster import ClusterOptions
from mtlue.jobs.requests.owner import ApplyRequest


@dataclass(frozen=True)
class FittedOptions:
    """Which generator.

    Args:
        private: the private/ folder that protect wrote.
        fidelity: measure and print how visible the change is, as protect does; it takes a few seconds.
    """

    private: Path = field(metadata={PLACE: "PRIVATE"})
    fidelity: bool = False


def run(arguments: Sequence[str]) -> int:
    groups = (FittedOptions, DataOptions, OutputOptions, ClusterOptions, RuntimeOptions, ProfileOptions)
    given = Parser("apply", __doc__ or "", *groups, words=("data",)).parse(arguments)
    output = given[OutputOptions]
    request = ApplyRequest(
        named_source(given[DataOptions]),
        output.out,
        output.overwrite,
        output.released_splits(),
        output.form(),
        output.store,
        private=given[FittedOptions].private,
        fidelity=given[FittedOptions].fidelity,
        cluster=given[ClusterOptions],
    )
    if finished_store(request):
        return 0
    request.examine()
    with heavy_imports():
        from mtlue.cli.telling.events import tell_applied
        from mtlue.jobs.releases.apply import run_apply

        runtime = given[RuntimeOptions].runtime(given[ProfileOptions].profile)
    result = run_apply(request, runtime, tell_applied)
    print_profile(runtime)
    if request.store is not None:
        say_next(read_back_from(request.out, request.store))
    else:
        say_next(f"{proof_of(request.out, result.manifest)}, before you publish it")
    return 0
