"""What tests of audits share: a small release, and a plan of a few quick learners."""

from pathlib import Path

from mtlue import Runtime
from mtlue.data.options import DataOptions
from mtlue.evaluation.audits.plan import AuditPlan, Training, Trial
from mtlue.evaluation.learner import Learner
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.training import Recipe

DATA = DataOptions("digits", limit_train=40, limit_test=20)
QUICK = Learner(recipe=Recipe(epochs=1, batch_size=16))
PLAN = AuditPlan(QUICK, ("none", "jpeg10", "grey"), ("mtl",), more_seeds=0)


def protected_digits(out: Path) -> Path:
    """The folder of a release of 40 training images, by a method that fits nothing."""
    run_protect(ProtectRequest(DATA, out, method=MethodChoice("lsp-patch"), seed=0), Runtime("cpu"))
    return out


class NothingDone:
    """What trials say before the first of them."""

    def has(self, training: Training) -> bool:
        return False

    def seconds(self, training: Training) -> float:
        return 1.0

    def is_prepared(self, trial: Trial) -> bool:
        return False

    def is_kept(self, countermeasure: str) -> bool:
        return False
