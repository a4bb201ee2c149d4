"""Several faults as one error."""

import pytest

from mtlue.errors import InputError, param, spoken
from mtlue.faults import Faults, FaultsError, explained, listed


def test_nothing_gathered_is_nothing_wrong() -> None:
    faults = Faults()
    with faults.gathered():
        pass
    faults.check()
    assert not faults


def test_one_fault_is_raised_as_it_is() -> None:
    faults = Faults()
    with faults.gathered():
        raise InputError(f"{param('fit_limit')} 1")
    with pytest.raises(InputError) as raised:
        faults.check()
    assert not isinstance(raised.value, FaultsError)
    assert spoken(raised.value.text, "--{}".format) == "--fit_limit 1"


def test_several_are_numbered_and_kept_apart() -> None:
    inner, outer = Faults(), Faults()
    inner.add("one", "two", "one")
    with outer.gathered():
        inner.check()
    outer.add("two", "three")
    with pytest.raises(FaultsError, match=r"3 things are wrong: \(1\) one; \(2\) two; \(3\) three") as raised:
        outer.check()
    assert raised.value.faults == ("one", "two", "three")


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), Faults().gathered():
        raise KeyError("a bug")


def test_notes_are_added_to_the_last_fault() -> None:
    assert str(explained(InputError("wrong"), ["because"])) == "wrong; because"
    several = explained(FaultsError(["one", "two"]), ["because"])
    assert isinstance(several, FaultsError)
    assert several.faults == ("one", "two; because")
    assert listed(["a", "b"]) == "a, b"
