"""Several faults as one error."""

import gc
import weakref

import pytest

from mtlue.errors import InputError, param, spoken
from mtlue.faults import Failures, Faults, FaultsError, explained, listed


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


class Images:
    """What takes memory."""


@pytest.mark.parametrize("again", [1, 2])
def test_failed_work_keeps_nothing_of_those_who_asked_for_it(again: int) -> None:
    failures, held = Failures(), weakref.WeakSet[Images]()

    def images() -> Images:
        made = Images()
        held.add(made)
        return made

    def read() -> None:
        own = images()
        raise KeyError(id(own))

    def work() -> None:
        own = images()
        try:
            read()
        except KeyError as error:
            raise RuntimeError(f"out of memory at {id(own)}") from error

    def cell() -> None:
        own = images()
        with failures.once("fit"):
            assert own in held
            work()

    said = set()
    for _ in range(again):
        with pytest.raises(RuntimeError) as raised:
            cell()
        said.add(str(raised.value))
        del raised
    gc.collect()
    assert len(said) == 1
    assert not held


class SizedError(InputError):
    def __init__(self, text: str, *, size: int) -> None:
        super().__init__(text)
        self.size = size


@pytest.mark.parametrize(
    "error",
    [
        FaultsError(["one", "two"]),
        SizedError(f"{param('limit')} is wrong", size=3),
        FileNotFoundError(2, "No such file or directory", "a.png"),
        UnicodeDecodeError("utf-8", b"x", 0, 1, "why"),
        KeyError("a"),
    ],
)
def test_a_failure_is_told_again_as_it_was_and_says_where_it_began(error: Exception) -> None:
    failures = Failures()

    def begun() -> None:
        raise error

    with pytest.raises(type(error)), failures.once("fit"):
        begun()
    for _ in range(2):
        with pytest.raises(type(error)) as raised, failures.once("fit"):
            pytest.fail("it was begun again")
        told = raised.value
        assert told is not error
        assert (type(told), str(told), told.args) == (type(error), str(error), error.args)
        assert {name: value for name, value in vars(told).items() if name != "__notes__"} == vars(error)
        (note,) = told.__notes__
        assert "in begun" in note
