"""``mtlue verify``: prove that a release is whole and unchanged and, against the clean images, within epsilon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.cli.parsing.flags import flag
from mtlue.cli.parsing.options import Parser
from mtlue.cli.parsing.values import PLACE
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.clean_images import CleanOptions, clean_or_remembered
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.telling.accounts import print_note
from mtlue.cli.telling.differences import shown_bound, shown_difference
from mtlue.cli.telling.next_steps import audit_of
from mtlue.cli.terminal.console import out, say_next, typed
from mtlue.data.options import DataOptions
from mtlue.errors import MtlueError, spoken
from mtlue.jobs.audits.finished import findings_to_read
from mtlue.jobs.requests.cluster import ClusterOptions
from mtlue.jobs.requests.owner import VerifyRequest
from mtlue.release.layout import OutputFolder
from mtlue.release.shards.store import is_address
from mtlue.wording import counted

if TYPE_CHECKING:
    from mtlue.jobs.events import FewTested
    from mtlue.jobs.releases.verify import VerifyResult
    from mtlue.release.decoded import Difference
    from mtlue.release.manifest import Manifest
    from mtlue.release.shards.manifest import ShardedManifest


@dataclass(frozen=True)
class ReleaseOptions:
    """Which release.

    Args:
        folder: the folder that protect or apply wrote, which remembers where the clean images are; its release/ alone,
            of which files and hashes are checked; or the address of a release in an object store (s3://bucket/faces).
    """

    folder: str = field(metadata={PLACE: "OUT"})

    def request(self, clean: DataOptions | None, cluster: ClusterOptions) -> VerifyRequest:
        """What is asked for."""
        if is_address(self.folder):
            return VerifyRequest(clean=clean, cluster=cluster, store=self.folder)
        return VerifyRequest(Path(self.folder), clean, cluster)


def run(arguments: Sequence[str]) -> int:
    groups = (ReleaseOptions, CleanOptions, ClusterOptions, RuntimeOptions)
    given = Parser("verify", __doc__ or "", *groups, words=("data",)).parse(arguments)
    request = given[ReleaseOptions].request(None, given[ClusterOptions])
    request.check()
    request = replace(request, clean=clean_or_remembered(None if request.store else request.out, given[CleanOptions]))
    request.examine()
    with heavy_imports():
        from mtlue.cli.telling.events import tell
        from mtlue.jobs.releases.verify import run_verify

        runtime = given[RuntimeOptions].runtime()
    result = run_verify(request, runtime, tell)
    _print(result)
    _note_lost(request)
    if result.proof.largest_change is not None and not request.store:  # else what is printed says what is missing
        _say_next(request.out)
    elif result.proof.largest_change is None:
        released = request.store or typed(request.out)
        say_next(f"mtlue verify {released} --data CLEAN proves it, with the clean images")
    return 0


def _note_lost(request: VerifyRequest) -> None:
    """Say that the private folder beside a release is gone."""
    folder = OutputFolder(request.out)
    if not request.store and folder.release.manifest.is_file() and not folder.private.path.exists():
        print_note(
            f"{folder.private.path} is missing: without it these images cannot be restored, nor further ones be "
            "protected with apply; look for a copy"
        )


def _say_next(folder: Path) -> None:
    """An audit, or what one of this very release has found already."""
    if (found := findings_to_read(folder)) is not None:
        say_next(f"an audit of this release has ended: read {typed(found)} before you publish it")
    elif (few := _few_tested(folder)) is not None and not few.audited:
        say_next(spoken(few.no_audit, flag))
    else:
        say_next(audit_of(folder))


def _few_tested(folder: Path) -> FewTested | None:
    """The tasks that an audit cannot judge; None where it can, and where that is not known."""
    from mtlue.jobs.inspection.few_tested import few_tested_of_release

    try:
        return few_tested_of_release(folder)
    except MtlueError:
        return None


def _bound_of_lossy(manifest: Manifest | ShardedManifest) -> str:
    """What bounds the change of a pixel where epsilon does not."""
    if manifest.largest_change is None:
        return "the largest change"
    return f"the largest change that the manifest allows ({counted(manifest.largest_change, 'level')})"


def _print_difference(difference: Difference, manifest: Manifest | ShardedManifest) -> None:
    allowed = "" if manifest.largest_change is None else f"; the manifest allows {manifest.largest_change}"
    out.print(f"as the files are decoded: {shown_difference(difference)}{allowed}")
    out.print(
        f"{manifest.format_in_words} is lossy: that the perturbation was within epsilon ({manifest.epsilon:g} levels) "
        "before the files were written cannot be proved from them"
    )


def _print(result: VerifyResult) -> None:
    proof, manifest = result.proof, result.manifest
    out.print(f"{proof.images} images: whole and unchanged since the manifest was written")
    if proof.largest_change is None:
        bound = "epsilon" if manifest.lossless else _bound_of_lossy(manifest)
        out.print(
            f"{bound} was not checked, nor whether any image is protected at all: give the folder of the "
            "clean images (--data) to prove it"
        )
        return
    if proof.difference is None:
        out.print(f"{shown_bound(proof.largest_change, manifest.epsilon)} (every pixel was compared)")
    else:
        _print_difference(proof.difference, manifest)
    if proof.unchanged:
        out.print(f"{proof.unchanged} of {proof.images} images are identical to their clean ones, so not protected")
    if proof.hardly:
        out.print(
            f"{proof.hardly} of {proof.images} images differ by at most 1 level or in fewer than 1 % of their values, "
            "so hardly protected"
        )
