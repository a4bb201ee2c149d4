"""Attacks that other packages add, and countermeasures that are named as attacks."""

from dataclasses import replace
from importlib.metadata import EntryPoint

import pytest

from mtlue.errors import InputError
from mtlue.evaluation.attacks import ATTACKS, Attack, find_attack
from mtlue.evaluation.attacks.registry import GROUP, Attacks
from mtlue.evaluation.attacks.tiers import of_tiers, tier_of
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import AuditPlan, by_rank, trials
from mtlue.evaluation.audits.possible import why_impossible
from mtlue.tasks import Categorical

RIPPLES = Attack("ripples", "blur, then JPEG", 4, "blur1+jpeg50", {"backbone": "resnet18"}, "compute")
TASKS = (Categorical("age", ("young", "old")),)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that adds ``ripples``."""
    point = EntryPoint("ripples", f"{__name__}:RIPPLES", GROUP)
    monkeypatch.setitem(vars(ATTACKS), "_paths", {point.name: point.value})


@pytest.mark.usefixtures("installed")
class TestAnEntryPoint:
    def test_adds_an_attack_to_every_audit(self) -> None:
        assert ATTACKS["ripples"] is find_attack("ripples") is RIPPLES
        assert "ripples" in by_rank()
        assert "ripples" in of_tiers(ATTACKS.values(), ["compute"])
        trial = trials("ripples", AuditPlan(), TASKS)[0]
        assert {one.learner.backbone for one in trial.trainings} == {"resnet18"}

    def test_is_ranked_among_the_others(self) -> None:
        attacks = AuditOptions(only=["ripples", "jpeg90", "grey"]).plan().attacks
        assert attacks == ("grey", "ripples", "jpeg90")


@pytest.mark.parametrize(("name", "path"), [("ripples", "mtlue:__version__"), ("waves", f"{__name__}:RIPPLES")])
def test_an_entry_point_that_is_no_attack_of_its_name_is_refused(
    name: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(ATTACKS), "_paths", {name: path})
    with pytest.raises(InputError, match=f"attack '{name}' .*: give an Attack of that name"):
        list(ATTACKS)


def test_no_entry_point_replaces_an_attack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(ATTACKS), "_paths", {"grey": "nowhere:GREY"})
    assert dict(ATTACKS)["grey"].countermeasure == "grey"


def test_a_registered_attack_is_known_and_no_name_is_taken_twice() -> None:
    attacks = Attacks([Attack("none", "nothing", 0)])
    assert attacks.register(RIPPLES) is RIPPLES
    attacks.register(RIPPLES)  # its module is imported once more
    assert list(attacks) == ["none", "ripples"]
    for taken in (replace(RIPPLES, rank=5), Attack("none", "another", 3)):
        with pytest.raises(InputError, match="already an attack"):
            attacks.register(taken)


class TestACountermeasureByItsName:
    @pytest.mark.parametrize("text", ["jpeg:quality=42", "grey+jpeg:quality=42", "cutout"])
    def test_is_an_attack(self, text: str) -> None:
        attack = find_attack(text)
        assert attack.name == text
        assert attack.countermeasure == text

    def test_has_the_name_by_which_records_know_it(self) -> None:
        assert find_attack("jpeg:quality=42,").name == "jpeg:quality=42"

    def test_needs_what_the_countermeasure_needs(self) -> None:
        assert find_attack("grey+dilution:share=0.3").needs == "clean images"
        assert tier_of("adversarial:steps=3") == "compute"

    def test_comes_first_in_an_audit(self) -> None:
        attacks = AuditOptions(only=["grey", "adversarial:steps=3,epsilon=4", "jpeg:quality=42"]).plan().attacks
        assert attacks == ("adversarial:epsilon=4.0,steps=3", "jpeg:quality=42", "grey")

    def test_is_known_in_the_audit_that_names_it(self) -> None:
        plan = AuditPlan(attacks=("jpeg:quality=42",))
        assert set(plan.known) == {*ATTACKS, "jpeg:quality=42"}
        assert plan.known.index("jpeg:quality=42") < plan.known.index("grey")

    def test_brings_its_model_along_where_it_needs_one(self) -> None:
        name, plan = "diffusion:model=here", AuditPlan(model="there")
        assert why_impossible(AuditPlan().attack(name), AuditPlan(), TASKS, own=False) is None
        assert plan.attack(name).countermeasure == name
        assert plan.attack("diffusion").countermeasure == "diffusion:model=there"

    def test_that_has_no_such_setting_is_refused(self) -> None:
        with pytest.raises(InputError, match="unknown setting 'qualty': did you mean 'quality'"):
            find_attack("jpeg:qualty=42")

    def test_whose_name_is_unknown_is_refused(self) -> None:
        with pytest.raises(InputError, match="did you mean 'cutout'"):
            find_attack("cutuot:size=3")
