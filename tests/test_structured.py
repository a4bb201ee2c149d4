"""The one reader of JSON and YAML: what is refused, in which words, and that all that was written before is read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from mtlue.errors import InputError, VerificationError
from mtlue.evaluation.records import read_records, write_records
from mtlue.files import write_json
from mtlue.report.records.published import published_scores
from mtlue.safe_yaml import DEEPEST
from mtlue.structured import read_json, read_json_if_there, read_long_json, read_yaml, typed

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Point:
    """Stands for any settings."""

    x: int
    name: str = ""
    kind: Literal["a", "b"] = "a"
    size: tuple[int, int] | None = None
    place: Path | None = None

    def __post_init__(self) -> None:
        if self.x < 0:
            raise InputError("x should be 0 or more")


@dataclass(frozen=True)
class Choices(Point):
    """Literals in every place where one can stand."""

    kinds: list[Literal["a", "b"]] | None = None
    named: dict[str, Literal["a", "b"]] | None = None
    pair: tuple[Literal["a", "b"], int] | None = None
    count: int | Literal["each"] = 0


def refused(path: Path, content: bytes | str, kind: Any = Point, **options: Any) -> str:
    """The one sentence that a file ends in."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    read = read_json if path.suffix == ".json" else read_yaml
    with pytest.raises(InputError) as caught:
        read(path, kind, "mend it", **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.endswith(": mend it")
    assert message.isprintable()
    return message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "it is not JSON from line 1, column 1, on"),
        ("[]", "it should be a mapping, not a list"),
        ('{"x": "1"}', "x should be a whole number, not '1'"),
        ('{"x": true}', "x should be a whole number, not True"),
        ('{"x": 1, "size": [1]}', "size should have 2 values, not 1"),
        ('{"x": 1, "kind": "c"}', "kind should be one of a, b, not 'c'"),
        ('{"y": 1}', "x is missing"),
        ('{"x": -1}', "x should be 0 or more"),
        ('{"x": 1, "x": 2}', "the key 'x' appears twice"),
        ('{"x": NaN}', "not finite"),
        ('{"x": 1, "y": [Infinity]}', "not finite"),
        ('{"x": 1e999}', "not finite"),
        ('{"x": ' + "9" * 400 + "}", "too large"),
        ('{"x": ' + "9" * 5000 + "}", "too large"),
        ('{"x": 1, "y": ' + "[" * DEEPEST + "]" * DEEPEST + "}", "nested too deeply"),
        ("[" * 10**6, "nested too deeply"),
        ('{"x": "ä"}'.encode("latin-1"), "it is not text in UTF-8"),
        (b"\0", "it is not JSON from line 1, column 1, on"),
        ('{"x": 1, "kind": "\\u001b[31m\\u0000"}', "\\x1b[31m\\x00"),
        ('{"x": "' + "a" * 10**5 + '"}', "…"),
    ],
)
def test_json_that_is_no_such_thing_ends_in_one_sentence(tmp_path: Path, content: bytes | str, message: str) -> None:
    assert message in refused(tmp_path / "a.json", content)
    assert len(refused(tmp_path / "a.json", content)) < 1000


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: &b 1\nc: *b\n", "line 2, column 4: the alias '*b' is not read: write its value out"),
        ("a: 1\na: 2\n", "line 2, column 1: the key 'a' appears twice: keep one"),
        ("x: {b: 1, b: 1}", "the key 'b' appears twice"),
        ("x: !!python/object/apply:os.system [ls]", "the tag '!!python/object/apply:os.system' is not read"),
        ("x: !!timestamp x", "the tag '!!timestamp' is not read"),
        ("x: !!binary x", "the tag '!!binary'"),
        ("x: !!int ''", "the tag '!!int'"),
        ("x: !!float ''", "the tag '!!float'"),
        ("x: !!bool x", "the tag '!!bool'"),
        ("!!set {x}", "the tag '!!set'"),
        ("x: !mine 1", "the tag '!mine'"),
        ("x: !!str [1]", "the tag '!!str'"),
        ("? [a]\n: b", "unhashable key"),
        ("x: [1, 2", "expected ',' or ']'"),
        ("- " * 200, "nested too deeply"),
        ("[" * 10**6, "nested too deeply"),
        ("{a: " * 10**5, "nested too deeply"),
        ("x: \0", "not allowed"),
        ("x: 1\n---\nx: 2\n", "another document"),
        ("x: ä".encode("latin-1"), "it is not text in UTF-8"),
        ("a: " + "b" * 2**20, "it is larger than 1048576 bytes"),
        ("", "it should be a mapping"),
    ],
)
def test_yaml_that_is_not_read_ends_in_one_sentence(
    tmp_path: Path, content: bytes | str, message: str, as_text: bool
) -> None:
    assert message in refused(tmp_path / "a.yaml", content, dict[str, Any], as_text=as_text)


@pytest.mark.parametrize(
    "content", ["x: .nan", "x: -.inf", "x: 0x" + "f" * 4000, "x: " + "9" * 5000, "x: 2001-99-99", "x: ="]
)
def test_plain_yaml_refuses_what_no_option_can_be(tmp_path: Path, content: str) -> None:
    refused(tmp_path / "a.yaml", content, dict[str, Any])


def test_yaml_as_text_is_what_the_file_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: [007, True, null, 1e3, 2020-01-01, .nan, ~, 0x1f, 1_000, !!str 1]\n")
    texts = ["007", "True", "null", "1e3", "2020-01-01", ".nan", "~", "0x1f", "1_000", "1"]
    assert read_yaml(path, dict[str, list[str]], "mend it", as_text=True) == {"a": texts}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.json").write_text('{"x": 1, "name": "Ä😀"}', encoding=encoding)
    (tmp_path / "a.yaml").write_text("x: 1\nname: Ä😀\n", encoding=encoding)
    assert read_json(tmp_path / "a.json", Point, "mend it") == Point(1, "Ä😀")
    assert read_yaml(tmp_path / "a.yaml", Point, "mend it") == Point(1, "Ä😀")


def test_folders_missing_and_unreadable_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(VerificationError, match=r"nowhere\.json is missing: mend it"):
        read_json(tmp_path / "nowhere.json", Point, "mend it", VerificationError)
    with pytest.raises(InputError, match="is a folder, not a file: mend it"):
        read_json(tmp_path, Point, "mend it")
    (tmp_path / "file").touch()
    assert read_json_if_there(tmp_path / "file" / "a.json", Point, "mend it") is None
    assert read_json_if_there(tmp_path / "a.json", Point, "mend it") is None
    with pytest.raises(InputError, match=r"cannot be used .*null byte"):
        read_yaml(Path("a\0b"), Point, "mend it")

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "a.json")

    for name, reader in (("open", read_json), ("open", read_yaml), ("stat", read_json_if_there)):
        with monkeypatch.context() as patch:
            patch.setattr(Path, name, forbidden)
            with pytest.raises(InputError, match=r"cannot be read \(Permission denied\)"):
                reader(tmp_path / "a.json", Point, "mend it")


def test_keys_without_a_field_are_ignored_or_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"x": 1}, {"x": 2, "z": 3}]')
    assert read_json(tmp_path / "a.json", list[Point], "mend it") == [Point(1), Point(2)]
    message = "there is no option 'z': choose from x, name, kind, size, place"
    assert message in refused(tmp_path / "a.json", '[{"x": 1}, {"x": 2, "z": 3}]', list[Point], exact=True)
    assert typed({"x": "3", "place": "b/c"}, Point, numbers_as_text=True) == Point(3, place=Path("b/c"))


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    # names of files hold half surrogate pairs where their bytes are no UTF-8
    | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(values=st.dictionaries(st.text(max_size=4), json_values, max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, values: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("written") / "a.json"
    write_json(path, values)
    assert read_json(path, dict[str, Any], "mend it") == values


@given(content=st.binary(max_size=60) | st.text(alphabet="{}[]:,-?&*!|>'\"#% \n\tab01.~=<", max_size=60))
def test_no_content_whatever_is_more_than_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    path = tmp_path_factory.mktemp("any") / "a"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    for read in (read_json, read_yaml, lambda *of: read_yaml(*of, as_text=True)):
        try:
            read(path, dict[str, Any], "mend it")
        except InputError as error:
            assert str(error).isprintable()  # noqa: PT017 - most contents are refused, some are not


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class Listed(Struct, frozen=True, forbid_unknown_fields=True):
    """Stands for a manifest."""

    x: float
    names: tuple[Named, ...] = ()


SOUND = '{"x": 1, "names": [{"name": "ä"}, {"name": "\\u00e4"}]}'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_long_list_is_read_as_any_other(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(SOUND.encode(encoding))
    assert read_long_json(path, Listed) == read_json(path, Listed, "mend it") == Listed(1, (Named("ä"), Named("ä")))


@pytest.mark.parametrize(
    "content",
    [
        SOUND.replace('"name"', '"name": "y", "name"', 1),
        SOUND.replace("1", "1e999"),
        SOUND.replace("1", "9" * 400),
        SOUND.replace("1", "NaN"),
        SOUND.replace("1", "1e301"),
        SOUND.replace("ä", "\\ud800"),
        SOUND.replace('"name"', '"other"', 1),
        SOUND.replace('"ä"', "1"),
        SOUND + "{}",
        SOUND[:-1],
        "[" * 10**6,
        "\0",
        "",
    ],
)
def test_a_long_list_is_left_to_the_usual_reader_where_something_is_wrong(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    assert read_long_json(path, Listed) is None
    assert read_long_json(tmp_path / "absent.json", Listed) is None


@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(SOUND)), st.sampled_from([*'{}[]:,"\\ 1e-', "name", "x"])), max_size=3
    )
)
def test_no_long_list_is_read_that_the_usual_reader_refuses(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str]]
) -> None:
    content = SOUND
    for place, text in changes:
        content = content[:place] + text + content[place + 1 :]
    path = tmp_path_factory.mktemp("any") / "a.json"
    path.write_text(content)
    if (values := read_long_json(path, Listed)) is not None:
        assert values == read_json(path, Listed, "mend it")


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks/records").glob("*.json")), ids=lambda path: path.stem)
def test_every_published_record_is_read(path: Path, tmp_path: Path) -> None:
    if path.stem == "analysis":
        assert read_json(path, dict[str, Any], "mend it")
        return
    records = read_records(path)
    assert len(records) == len(json.loads(path.read_text()))
    write_records(tmp_path / "again.json", records)
    assert read_records(tmp_path / "again.json") == records


def test_the_papers_figures_are_read() -> None:
    scores = published_scores()
    assert len(scores) >= 20
    assert all(0 <= score.value <= 1 and "arXiv" in score.source for score in scores)


@pytest.mark.parametrize("text", ["1:30", "190:20:30", "-1:30", "1:30.5", "1" + ":1" * 300_000])
def test_numbers_of_base_60_stay_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(f"a: {text}")
    assert read_yaml(tmp_path / "a.yaml", dict[str, Any], "mend it") == {"a": text}
    for kind in (dict[str, int], dict[str, float]):
        assert "should be a" in refused(tmp_path / "a.yaml", f"a: {text}", kind)


@given(
    st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False, max_value=1e300, min_value=-1e300)
)
def test_numbers_that_yaml_writes_are_read(tmp_path_factory: pytest.TempPathFactory, number: float) -> None:
    path = tmp_path_factory.getbasetemp() / "number.yaml"
    path.write_text(yaml.safe_dump({"a": number}))
    assert read_yaml(path, dict[str, Any], "mend it") == {"a": number}


def test_a_value_that_is_none_of_the_choices_is_told_them_wherever_it_lies() -> None:
    for values, message in (
        ({"x": 1, "kind": "c"}, "kind should be one of a, b, not 'c'"),
        ({"x": 1, "kinds": ["a", "c"]}, r"kinds\[1\] should be one of a, b, not 'c'"),
        ({"x": 1, "named": {"y": "c"}}, r"named\[...\] should be one of a, b, not 'c'"),
        ({"x": 1, "pair": ["c", 1]}, r"pair\[0\] should be one of a, b, not 'c'"),
        ({"x": 1, "count": "c"}, "count should be each or a whole number, not 'c'"),
    ):
        with pytest.raises(ValueError, match=message):
            typed(values, Choices)
