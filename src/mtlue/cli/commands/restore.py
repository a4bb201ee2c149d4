"""``mtlue restore``: with the private key of a release, take its perturbation out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.cli.parsing.options import Parser
from mtlue.cli.parsing.values import PLACE
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.clean_images import CleanOptions
from mtlue.cli.shared.devices import DeviceOptions
from mtlue.cli.terminal.console import out, say_next, typed
from mtlue.jobs.requests.restore import RestoreRequest
from mtlue.wording import counted

if TYPE_CHECKING:
    from mtlue.jobs.releases.restore import RestoreResult
    from mtlue.release.decoded import Difference


@dataclass(frozen=True)
class RestoreOptions:
    """Which release, and where its images go.

    Args:
        private: the private/ that was written with the release: its key.
        release: the release.
        out: folder for the images without perturbation and their labels; one that does not exist yet, or an empty one.
    """

    private: Path = field(metadata={PLACE: "PRIVATE"})
    release: Path = field(metadata={PLACE: "RELEASE"})
    out: Path


def run(arguments: Sequence[str]) -> int:
    given = Parser("restore", __doc__ or "", RestoreOptions, CleanOptions, DeviceOptions).parse(arguments)
    options = given[RestoreOptions]
    request = RestoreRequest(options.private, options.release, options.out, given[CleanOptions].given())
    request.check()
    with heavy_imports():
        from mtlue.cli.telling.events import tell
        from mtlue.jobs.releases.restore import run_restore

        runtime = given[DeviceOptions].runtime()
    _print(run_restore(request, runtime, tell), request)
    return 0


def _print(result: RestoreResult, request: RestoreRequest) -> None:
    out.print(f"restored {counted(result.images, 'image')}: {request.out}", soft_wrap=True)
    if result.lossless:
        out.print(f"protecting them again gives {result.given_back:.2%} of all values as released")
    else:
        out.print("the release is lossy: what its format changed stays in the images")
    if result.at_limits:
        out.print(_at_limits(result))
    if result.error is None or result.error_within is None or result.error_at_limits is None:
        say_next(
            "to measure how near the clean images they are, restore once more, with another --out and --data CLEAN"
        )
        return
    out.print(f"distance from the clean images: {_shown(result.error)}")
    if result.error_at_limits.values:
        out.print(f"  where the release is 0 or 255: {_shown(result.error_at_limits)}")
    out.print(f"  where it is neither: {_shown(result.error_within)}")
    say_next(f"mtlue inspect {typed(request.out)} shows what they hold; they are clean: keep them to yourself")


def _at_limits(result: RestoreResult) -> str:
    """What is said of values that may have been cut off."""
    apart = "" if result.lossless else ", apart from what the format changed"
    lost = (
        f"{result.at_limits:.2%} of the released values are 0 or 255, where the perturbation was cut off: they come "
        f"back within {counted(result.bound, 'level')}{apart}"
    )
    if not result.lossless:
        return lost
    whose = "of images at their own sizes" if result.native else "of a method that looks at the image (such as tap)"
    return f"{lost}; other values come back exactly, but some {whose} are up to {2 * result.bound} levels off"


def _shown(error: Difference) -> str:
    return f"{counted(error.largest, 'level')} at most, {error.mean:.3f} on average"
