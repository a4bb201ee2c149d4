"""Messages that speak of parameters, and the kinds of error."""

from dataclasses import dataclass

import pytest

from mtlue.errors import InputError, MtlueError, OutputError, VerificationError, check_least, check_most, param, spoken


@dataclass(frozen=True)
class Options:
    fit_limit: float | None = 5


def test_each_face_writes_a_parameter_in_its_own_way() -> None:
    error = InputError(f"{param('fit_limit')} 1: give 2 or more, or leave {param('fit_limit')} out")
    assert str(error) == "fit_limit 1: give 2 or more, or leave fit_limit out"
    assert spoken(error.text, lambda name: f"--{name.replace('_', '-')}").startswith("--fit-limit 1: give")


def test_an_error_of_a_user_is_a_value_error_where_python_expects_one() -> None:
    assert issubclass(InputError, ValueError)
    for kind in (InputError, OutputError, VerificationError):
        assert issubclass(kind, MtlueError)
        assert str(kind("as it is")) == "as it is"


@pytest.mark.parametrize("value", [None, 2, 5])
def test_numbers_in_range_pass(value: float | None) -> None:
    check_least(Options(value), fit_limit=2)
    check_most(Options(value), fit_limit=5)


@pytest.mark.parametrize(("check", "value"), [(check_least, 1), (check_least, float("nan")), (check_most, 3)])
def test_numbers_out_of_range_name_the_parameter(check: object, value: float) -> None:
    assert callable(check)
    with pytest.raises(InputError, match=rf"^fit_limit {value}: give 2 "):
        check(Options(value), fit_limit=2)
