"""Seconds of an epoch, extrapolated from a few batches that every part of it is measured on."""

import math
from functools import partial

from timing.cases import Plan
from timing.measuring import interleaved, ratios, spread

from mtlue.methods.config import ResolvedSettings
from mtlue.methods.objectives import OBJECTIVES


def epochs(plan: Plan) -> None:
    """Seconds of an epoch."""
    case = plan.case
    print(f"an epoch of {plan.images:,} images, in seconds (extrapolated from {case.steps} batches of {case.batch})")
    for method in plan.methods:
        measured = (_joint if OBJECTIVES[method].plan.joint else _frozen)(plan, method)
        ours, published = (measured[name] for name in ("ours", "published"))
        ratio = spread(ratios(published, ours))
        print(f"  {method}: ours {spread(ours)}, published cost {spread(published)}, ratio {ratio}")


def _frozen(plan: Plan, method: str) -> dict[str, list[float]]:
    """TAP and SEP."""
    case, surrogates = plan.case, plan.case.surrogates(method)
    procedure = case.published(method, surrogates)
    jobs = {
        "ours": lambda: case.ours(method).train(surrogates),
        "published": procedure.epoch,
        "errors": procedure.count_errors,
    }
    times = interleaved(jobs, plan.repeats, case.runtime.device)
    steps = math.ceil(plan.images / case.batch) / case.steps
    published = [steps * sum(parts) for parts in zip(times["published"], times["errors"], strict=True)]
    return {"ours": [steps * one for one in times["ours"]], "published": published}


def _joint(plan: Plan, method: str) -> dict[str, list[float]]:
    """EM: the surrogate's steps after an epoch are so many, in batches of their own, however long the epoch is."""
    case, fitting, rival = plan.case, plan.case.ours(method), plan.case.rival(method)
    generator = fitting.train([rival.model])
    procedure = case.published(method, case.surrogates(method))
    jobs = {
        "ours": lambda: case.ours(method).train([rival.model]),
        "our surrogate": lambda: rival.learn(partial(fitting.perturbed_view, generator)),
        "published": procedure.epoch,
        "errors": procedure.count_errors,
        "published surrogate": procedure.surrogate_step,
    }
    times = interleaved(jobs, plan.repeats, case.runtime.device)
    batches = math.ceil(plan.images / case.batch)
    surrogates = OBJECTIVES[method].plan
    default, theirs = ResolvedSettings.fast(surrogates), ResolvedSettings.paper(surrogates)
    their_steps = theirs.joint_steps
    learned = min(default.joint_steps * default.surrogate_recipe.batch_size, plan.images) / len(case.data)
    ours = [
        batches * one / case.steps + learned * joint
        for one, joint in zip(times["ours"], times["our surrogate"], strict=True)
    ]
    published = [
        batches * (one + errors) / case.steps + their_steps * joint
        for one, errors, joint in zip(times["published"], times["errors"], times["published surrogate"], strict=True)
    ]
    return {"ours": ours, "published": published}
