"""Peak memory of fitting and of apply, each in a process of its own."""

import math
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from timing.cases import Case, Plan, fitted_folder
from timing.measuring import in_own_process, peak_bytes

from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.requests.owner import ApplyRequest
from mtlue.models import MultiTaskModel
from mtlue.training import train

MIB = 2**20
LARGEST_BATCH = 128
"""Of the default's trainings."""
BATCHES = 4
"""Of these: an optimiser has its own memory after the first."""
FILES = (4, 40)
"""That apply's peak is measured with."""


def memory(plan: Plan) -> None:
    """Peak memory of whole fits, each in a process of its own: on some batches of every training, and on four times as
    many images.
    """
    case = replace(plan.case, steps=max(plan.case.steps, math.ceil(BATCHES * LARGEST_BATCH / plan.case.batch)))
    print("peak memory of a fit, above models and data, MiB")
    for method in plan.methods:
        peaks = [
            in_own_process(_peak, each, method, published) / MIB
            for each, published in ((case, False), (replace(case, steps=4 * case.steps), False), (plan.case, True))
        ]
        print(
            f"  {method}: ours {peaks[0]:.0f} ({peaks[1]:.0f} with 4 times the images), published cost {peaks[2]:.0f}, "
            f"ratio {peaks[2] / peaks[0]:.3g}"
        )
    whole = [in_own_process(_apply_peak, case, plan.large, files) / MIB for files in FILES]
    shown = ", ".join(f"{peak:.0f} with {files}" for peak, files in zip(whole, FILES, strict=True))
    print(f"  apply on images of {plan.large}x{plan.large}, the whole process: {shown}")


def _peak(case: Case, method: str, published: bool) -> float:
    surrogates = case.surrogates(method)
    procedure, fitting = case.published(method, surrogates), case.ours(method)
    joint = fitting.objective.plan.joint
    learner = case.surrogates("tap")[0]

    def ours() -> None:
        if joint:
            fitting.run()
        else:
            _learn(case, learner)
            fitting.train(surrogates)

    def theirs() -> None:
        if not joint:
            _learn(case, learner)
        procedure.epoch()
        if joint:
            procedure.surrogate_step()

    return peak_bytes(theirs if published else ours, case.runtime.device)


def _learn(case: Case, model: MultiTaskModel) -> None:
    """An epoch of a surrogate's clean training."""
    recipe = case.config("tap").surrogate_recipe
    train(model.requires_grad_(True), case.data, case.pipeline, recipe, case.runtime, "surrogate")


def _apply_peak(case: Case, side: int, files: int) -> float:
    with TemporaryDirectory() as name:
        private, data = fitted_folder(Path(name), case, side, files)
        request = ApplyRequest(data, Path(name) / "again", private=private)
        return peak_bytes(lambda: run_apply(request, case.runtime), case.runtime.device, above_start=False)
