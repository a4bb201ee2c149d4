"""``mtlue protect``: make a labelled image folder unlearnable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.cli.parsing.flags import flag
from mtlue.cli.parsing.method import MethodParser
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.folder import named_source
from mtlue.cli.shared.many_devices import ManyDevicesOptions
from mtlue.cli.shared.output import OutputOptions, finished_store
from mtlue.cli.shared.profile import ProfileOptions, print_profile
from mtlue.cli.telling.accounts import print_note
from mtlue.cli.telling.next_steps import audit_of, proof_of, read_back_from
from mtlue.cli.terminal.console import err, say_next
from mtlue.data.options import DataOptions
from mtlue.errors import check_least, check_most, spoken
from mtlue.faults import Faults
from mtlue.jobs.events import Event, Note
from mtlue.jobs.requests.owner import MOST_PREVIEWED, ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods.options import MethodChoice, MethodOptions
from mtlue.seeds import is_secret, read_seed

if TYPE_CHECKING:
    from mtlue.jobs.releases.writing import ReleaseResult


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
        fit_limit: fit on at most this many training images, chosen by the keyed hash of their id, those that carry a
            label to protect first; all are released.
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
    if finished_store(request):
        return 0
    with faults.told_together():
        request.examine(_tell_note)
    faults.check()
    with heavy_imports():
        from mtlue.cli.telling.owner import tell
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
    few, proof = result.few_tested, proof_of(request.out, result.manifest)
    if request.store is not None:
        return read_back_from(request.out, request.store)
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
