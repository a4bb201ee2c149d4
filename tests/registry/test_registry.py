"""Registries: rows of this package, of other packages and of modules that the user names; settings in every form."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from mtlue.errors import InputError
from mtlue.registry import Choice, Registry, Row, Settings, field_help, whole_choices


@dataclass(frozen=True)
class Quality(Settings):
    """How much is kept.

    Args:
        quality: 1..100; the paper's
            is 10.
        chroma: whether colours are kept.
    """

    quality: int = 10
    chroma: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise InputError(f"quality {self.quality}: give 1 to 100")


class Squeeze:
    Settings = Quality


SQUEEZE = f"{__name__}:Squeeze"
SHORT = {"jpeg10": "jpeg:quality=10", "jpeg50": "jpeg:quality=50"}


def rows() -> Registry[Squeeze]:
    built_in = {"none": Row[Squeeze](SQUEEZE, Settings), "jpeg": Row[Squeeze](SQUEEZE, Quality)}
    return Registry("countermeasure", "mtlue.tests", built_in, SHORT)


@pytest.mark.parametrize(
    ("text", "settings", "shortest"),
    [
        ("none", Settings(), "none"),
        ("jpeg", Quality(), "jpeg10"),
        ("jpeg10", Quality(), "jpeg10"),
        ("jpeg:quality=50", Quality(50), "jpeg50"),
        ("jpeg:quality=51,chroma=false", Quality(51, False), "jpeg:quality=51,chroma=false"),
    ],
)
def test_a_choice_is_read_from_text_and_written_as_short_as_can_be(
    text: str, settings: Settings, shortest: str
) -> None:
    choice = rows().choice(text)
    assert choice.settings == settings
    assert rows().text(choice) == shortest
    assert rows().choice(rows().text(choice)) == choice


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jpg", "unknown countermeasure 'jpg': did you mean 'jpeg'"),
        ("jpeg:qualty=5", "countermeasure jpeg: unknown setting 'qualty': did you mean 'quality'"),
        ("jpeg:quality=much", "countermeasure jpeg: quality should be a whole number, not 'much'"),
        ("jpeg:quality=0", "quality 0: give 1 to 100"),
        ("jpeg:50", "'jpeg:50': '50' should be a setting with its value"),
        ("none:quality=5", "countermeasure none: there is no setting 'quality'"),
    ],
)
def test_what_is_wrong_with_a_choice_is_said(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rows().choice(text)


def test_help_comes_from_the_docstring() -> None:
    assert field_help(Quality) == {"quality": "1..100; the paper's is 10.", "chroma": "whether colours are kept."}


def test_a_decorator_adds_a_row_once() -> None:
    registry = rows()

    @registry.register("blur")
    class Blur:
        Settings = Quality

    assert "blur" in registry
    assert registry.load("blur") is Blur
    assert registry.choice("blur:quality=3") == Choice("blur", Quality(3))
    with pytest.raises(InputError, match="there is already a countermeasure 'blur'"):
        registry.register("blur")(Squeeze)
    for taken in ("jpeg", *registry.short):
        with pytest.raises(InputError, match=f"there is already a countermeasure '{taken}'"):
            registry.register(taken)(Squeeze)
    assert registry.short


def test_entry_points_add_rows_and_replace_none(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("theirs", SQUEEZE, "mtlue.tests"),
        EntryPoint("jpeg", "not:this", "mtlue.tests"),
        EntryPoint("gone", f"{__name__}:Missing", "mtlue.tests"),
    ]
    monkeypatch.setattr("mtlue.plugins._installed", lambda: EntryPoints(points))
    registry = rows()
    assert registry.choice("theirs:quality=7").settings == Quality(7)
    assert registry.load("jpeg") is Squeeze
    with pytest.raises(InputError, match=r"countermeasure 'gone' .* cannot be loaded"):
        registry.load("gone")


def test_modules_that_the_user_names_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTLUE_PLUGINS", "no_such_module_of_mine")
    with pytest.raises(InputError, match="MTLUE_PLUGINS names no_such_module_of_mine"):
        rows().choice("theirs")


def test_settings_that_were_split_at_commas_are_joined_again() -> None:
    assert whole_choices(["none", "a:x=1", "y=2", "z=3", "b"]) == ("none", "a:x=1,y=2,z=3", "b")
    assert whole_choices(["none", "x=1"]) == ("none", "x=1")
    assert whole_choices([]) == ()
