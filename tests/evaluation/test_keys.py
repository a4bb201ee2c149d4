"""Keys: the same for the same experiment, in any version, in any order of a mapping's keys."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.countermeasures import keyed
from mtlue.evaluation.keys import experiment_key, settled
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.keys import learner_key
from mtlue.training import Recipe


def test_order_and_kind_of_container_do_not_count() -> None:
    assert experiment_key({"a": 1, "b": (1, 2)}) == experiment_key({"b": [1, 2], "a": 1})
    assert experiment_key(Path("a/b")) == experiment_key("a/b")
    assert experiment_key(1) != experiment_key("1") != experiment_key([1])
    assert len(experiment_key()) == 20


def test_what_a_key_cannot_hold_is_an_error() -> None:
    with pytest.raises(TypeError, match="a key cannot hold"):
        experiment_key(object())


def test_the_version_does_not_count_and_the_protocol_does(monkeypatch: pytest.MonkeyPatch) -> None:
    before = experiment_key("a")
    monkeypatch.setattr("mtlue._version.__version__", "99")
    assert experiment_key("a") == before
    monkeypatch.setattr("mtlue.evaluation.keys.PROTOCOL", 99)
    assert experiment_key("a") != before


@dataclass(frozen=True)
class Before:
    name: str
    size: int = 3


@dataclass(frozen=True)
class Later:
    name: str
    size: int = 3
    added: bool = False


def test_an_option_that_is_added_later_changes_nothing() -> None:
    assert settled(Before("a")) == settled(Later("a")) == {"name": "a"}
    assert settled(Later("a", 4, True)) == {"name": "a", "size": 4, "added": True}


def test_a_learners_recipe_counts_even_where_it_is_the_default() -> None:
    usual = Learner(tasks=("left",))
    assert "recipe" in learner_key(usual)
    assert learner_key(usual) != learner_key(replace(usual, recipe=Recipe(epochs=1)))


def test_a_model_counts_by_what_lies_in_its_folder(tmp_path: Path) -> None:
    """Wherever it lies, and alone or in a chain; a name on the hub counts as a name."""

    def key(model: Path | str) -> object:
        attack = AuditPlan(model=str(model)).attack("diffusion")
        return learner_key(attack.learner_of(Learner()))["countermeasure"]

    one, other = tmp_path / "one", tmp_path / "a+b, c"
    for place in (one, other):
        (place / "unet").mkdir(parents=True)
        (place / "unet" / "weights.safetensors").write_bytes(b"weights")
    before = key(one)
    assert before == key(other)
    assert str(one) not in str(before)
    (one / ".cache").mkdir()
    (one / ".cache" / "lock").touch()
    assert key(one) == before
    (one / "unet" / "weights.safetensors").write_bytes(b"others!")
    assert key(one) != before
    assert keyed(f"grey+diffusion:model={one}") == f"grey+{key(one)}"
    assert key("google/ddpm") == "diffusion:model=google/ddpm"
