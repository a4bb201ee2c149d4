"""Flags, lists, switches and config files, as a user writes them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome, write_table

Run = Callable[..., Outcome]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--epsilon", "8/255"), "--epsilon 8/255: not a number"),
        (("--size", 1, 2, 3), "--size 1 2 3: not"),
        (("--limit-train", "many"), "--limit-train many: not a whole number"),
        (("--limit-train", 0), "--limit-train 0: give 1 or more"),
        (("--test-fraction", -1), "--test-fraction -1"),
        (("--splits", "tain"), "--splits tain: name one or more of"),
        (("--splits", ""), "--splits"),
        (("--tasks", "kind", "kind"), "each once"),
        (("--tasks", ""), "name at least one column"),
        (("--colour", "red"), "--colour"),
        (("--device", "mps"), "--device mps: PyTorch finds no such device"),
        (("--config", "nowhere.yaml"), "nowhere.yaml"),
        (("--seed", 1, "--seed", 2), "--seed is given twice: give it once"),
        (("--limit-train", 8, "--limit_train=8"), "--limit-train is given twice"),
        (("--native", "--native", "no", "--native"), "--native is given 3 times"),
        (
            ("--tasks", "kind", "--tasks", "hue"),
            "--tasks is given twice: write its values behind one: --tasks TEXT,...",
        ),
        (("--method", "tap"), "--method is given twice"),
    ],
)
def test_wrong_options_are_named_in_one_line(mtlue: Run, folder: Path, flags: tuple[object, ...], message: str) -> None:
    arguments = ("--dataset", "table", "--data", folder, "--out", folder.parent / "out", "--method", "noise")
    refused = mtlue("protect", *arguments, *flags)
    assert refused.status == 2
    last = refused.err.strip().splitlines()[-1]
    assert last.startswith("mtlue protect: ")
    assert message in last
    assert not (folder.parent / "out/release").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("protect", "--epochs", 10**12), "--epochs 1000000000000: give 1000000 at most"),
        (("protect", "--surrogate-epochs", 10**400), "--surrogate-epochs"),
        (("protect", "--limit-train", 10**12), "1000000000000 embedded images of a split: ask for at most 1000000"),
        (("inspect", "--limit-test", 10**12), "1000000000000 embedded images"),
        (("inspect", "--data-seed", -1), "--data-seed -1: give 0 or more"),
        (("protect", "--epsilon", 10**400), "--epsilon 1000"),
        (("inspect", "--sheet", "s.png", "--sheet-images", 10**9), "--sheet-images 1000000000: give 1 to 400"),
        (("evaluate", "--protected", "p", "--seeds", 10**9), "seeds: give 1000 at most"),
        (("evaluate", "--protected", "p", "--seeds", 2**63, 1), "which ones"),
        (("evaluate", "--protected", "p", "--learner-epochs", 10**12), "--learner-epochs 1000000000000"),
        (("evaluate", "--protected", "p", "--batch-size", 10**12), "--batch-size 1000000000000"),
        (("analyse", "--protected", "p", "--plot-images", 10**9), "--plot-images 1000000000: give 2 to 20000"),
        (("analyse", "--protected", "p", "--seeds", 10**9), "seeds: give 1000 at most"),
        (("demo", "--train-images", 10**12), "1000000000000 embedded images"),
        (("demo", "--seeds", 10**9), "seeds: give 1000 at most"),
    ],
)
def test_absurd_numbers_are_refused_before_they_take_memory(
    mtlue: Run, tmp_path: Path, command: tuple[object, ...], message: str
) -> None:
    data = () if command[0] == "demo" else ("--dataset", "digits")
    out = () if command[0] == "inspect" else ("--out", tmp_path / "out")
    refused = mtlue(*command, *data, *out)
    assert refused.status == 2
    assert message in refused.err.splitlines()[-1]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_required_options_are_named(mtlue: Run) -> None:
    refused = mtlue("protect", "--dataset", "digits")
    assert refused.status == 2
    assert "out" in refused.err
    assert len(refused.err.strip().splitlines()) == 1


def faults_of(err: str) -> list[str]:
    """The faults that one line names."""
    (line,) = err.splitlines()
    if "things are wrong: " not in line:
        return [line]
    return re.split(r"; \(\d+\) ", line.partition(" things are wrong: (1) ")[2])


@pytest.mark.parametrize(
    ("options", "reasons"),
    [
        ("--epsilon 0 --size 7 --fraction 3", ["--fraction 3 is", "--epsilon 0 is", "--size 7"]),
        (
            "--method tap --views 0 --epochs 0 --fit-limit 1 --format jpg --seed x",
            ["--views 0: give 1", "--epochs 0: give 1", "unknown format 'jpg'", "--fit-limit 1: give 2", "--seed"],
        ),
        (
            "--epsilom 3 --epsilon x --fraction 0 --sise 7 --limit-train 0",
            [
                "'--epsilom': did you mean --epsilon?",
                "'--sise': did you mean --size?",
                "--epsilon x: not a number",
                "--limit-train 0: give 1",
            ],
        ),
    ],
)
def test_all_faults_of_options_are_told_at_once(mtlue: Run, tmp_path: Path, options: str, reasons: list[str]) -> None:
    refused = mtlue("protect", "--dataset", "digits", "--out", tmp_path / "out", *options.split())
    assert refused.status == 2
    for fault, reason in zip(faults_of(refused.err), reasons, strict=True):
        assert reason in fault


def test_all_faults_of_a_config_file_are_told_at_once(mtlue: Run, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("dataset: digits\nepsilom: 3\nsise: 7\nepsilon: much\nviews: 0\nlimit-test: 0\n")
    faults = faults_of(mtlue("protect", "--config", config).err)
    reasons = ["did you mean --epsilon", "did you mean --size", "--out is required", "--epsilon much: not a number"]
    for fault, reason in zip(faults, [*reasons, "--views 0", "--limit-test 0"], strict=True):
        assert reason in fault


def test_all_faults_of_a_plan_are_told_at_once(mtlue: Run, tmp_path: Path) -> None:
    options = "--size 7 --learner-epochs 0 --batch-size 1 --seeds 0 --settings both --countermeasures jpg"
    places = ("--protected", tmp_path / "nothing", "--out", tmp_path / "out")
    faults = faults_of(mtlue("evaluate", "--dataset", "digits", *places, *options.split()).err)
    reasons = ["--learner-epochs 0", "--batch-size 1", "--seeds 0", "setting 'both'", "'jpg'", "--size 7", "nothing"]
    for fault, reason in zip(faults, reasons, strict=True):
        assert reason in fault


def test_config_files_take_the_same_options_and_flags_win(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(f"dataset: table\ndata: {folder}\nmethod: noise\ntest-fraction: 0.5\nepsilon: 3\ntasks: tone\n")
    done = mtlue("protect", "--config", config, "--out", tmp_path / "a", "--epsilon", 4, "--overwrite")
    assert done.status == 0, done.err
    assert "epsilon allows 4" in done.out
    assert (tmp_path / "a/release/metadata.csv").read_text().startswith("file_name,id,split,tone\n")
    config.write_text("- no\n- mapping\n")
    assert "mine.yaml cannot be used (it should be a mapping" in mtlue("protect", "--config", config).err


def _first_column(printed: str) -> list[str]:
    """What the rows of a table begin with."""
    lines = printed.splitlines()
    rule = next(number for number, line in enumerate(lines) if "───" in line)
    return [first for line in lines[rule + 1 :] if (first := line[1:].split("  ")[0].strip())]


def test_a_value_in_a_config_file_is_what_the_flag_would_be(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    names = ["007", "yes", "1_0"]
    rows = [{"file": f"even/picture {i}.png", **dict.fromkeys(names, i % 4 // 2)} for i in range(0, 12, 2)]
    table = write_table(folder, rows, "odd.csv")
    config = tmp_path / "mine.yaml"
    options = f"dataset: table\ndata: {folder}\nlabels: {table}\nmethod: noise\nsize: [16, 24]\nout: {tmp_path}/a\n"
    config.write_text(f"{options}tasks: [007, yes, 1_0]\nno-cache: on\nepsilon: 1e1\nlimit-train: null\ncrop: ~\n")
    done = mtlue("protect", "--config", config)
    assert done.status == 0, done.err
    assert "epsilon allows 10" in done.out
    assert _first_column(done.out)[:3] == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dataset: &a digits\nmethod: *a\n", "line 2, column 9: the alias '*a' is not read: write its value out"),
        ("dataset: digits\ndataset: table\n", "the key 'dataset' appears twice"),
        ("config: other.yaml\n", "no option 'config'"),
        ("a=b: c\n", "no option 'a=b'"),
        ("tasks: {a: 1}\n", "should be text or a list, not a mapping"),
        ("tasks: [[a]]\n", "should be text"),
        ("epsilon: !!python/object:os.system x\n", "the tag '!!python/object:os.system' is not read"),
        ("epsilon: --overwrite\n", "--epsilon --overwrite: not a number; give digits"),
        ("tasks: [--overwrite, --overwrite]\n", "each once"),
        ("[" * 5000, "nested too deeply"),
        ("a: \0", "characters are not allowed"),
        ("", "should be a mapping, not nothing"),
    ],
)
def test_config_files_that_cannot_be_used_are_named_in_one_line(
    mtlue: Run, tmp_path: Path, text: str, message: str
) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(text)
    refused = mtlue("protect", "--dataset", "digits", "--out", tmp_path / "out", "--config", config)
    assert refused.status == 2
    assert message in refused.err
    assert len(refused.err.splitlines()) == 1


def test_columns_with_odd_names_can_be_chosen(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    names = ["1", "yes", "hair: colour"]
    rows = [{"file": f"even/picture {i}.png", **dict.fromkeys(names, i % 4 // 2)} for i in range(0, 12, 2)]
    table = write_table(folder, rows, "odd.csv")
    arguments = ("--dataset", "table", "--data", folder, "--labels", table, "--method", "noise")
    done = mtlue("protect", *arguments, "--out", tmp_path / "a", "--tasks", *names)
    assert done.status == 0, done.err
    assert _first_column(done.out)[:3] == names


@pytest.mark.parametrize(
    ("command", "given", "meant"),
    [
        ("evaluate", ("--epochs", 1), "--learner-epochs"),
        ("evaluate", ("--epochs=1",), "--learner-epochs"),
        ("protect", ("--learner-epochs", 1), "--epochs"),
        ("protect", ("--datset", "table"), "--dataset"),
        ("protect", ("--limit_trian", 5), "--limit-train"),
        ("inspect", ("--images", 3), "--sheet-images"),
        ("evaluate", ("--zzzz", 1), None),
    ],
)
def test_an_unknown_option_is_answered_with_the_nearest(
    mtlue: Run, command: str, given: tuple[object, ...], meant: str | None
) -> None:
    refused = mtlue(command, *given)
    assert refused.status == 2
    (line,) = refused.err.strip().splitlines()
    assert (f"did you mean {meant}?" in line) if meant else ("did you mean" not in line)


def test_the_value_of_a_mistyped_option_is_not_taken_for_the_folder(mtlue: Run) -> None:
    refused = mtlue("inspect", "photos-that-are-not-there", "--limit-trian", 5)
    assert "there is no option '--limit-trian': did you mean --limit-train?" in refused.err
    assert "cannot both be the folder" not in refused.err
    assert "Give the folder" not in refused.err


@pytest.mark.parametrize(
    ("command", "given", "meant"),
    [
        (
            "apply",
            ("shop", "--private", "my key"),
            "PRIVATE is given without '--private', as a word: mtlue apply 'my key'",
        ),
        ("restore", ("private", "--release=out"), "mtlue restore PRIVATE out [options]"),
        ("report", ("--evaluations", "a", "b"), "mtlue report a b [options]"),
        ("verify", ("--folder",), "mtlue verify OUT [FOLDER] [options]"),
        ("apply", ("key", "--privat", "key"), "there is no option '--privat': PRIVATE is given without"),
    ],
)
def test_a_flag_for_a_word_that_has_a_place_is_answered_with_the_command(
    mtlue: Run, command: str, given: tuple[object, ...], meant: str
) -> None:
    refused = mtlue(command, *given)
    assert refused.status == 2
    assert meant in refused.err
    assert "did you mean" not in refused.err


def test_a_word_that_has_a_place_is_no_key_of_a_config_file(mtlue: Run, tmp_path: Path) -> None:
    config = tmp_path / "options.yaml"
    config.write_text("private: key\n")
    refused = mtlue("apply", "key", "--config", config)
    assert "PRIVATE is given without '--private', as a word: mtlue apply PRIVATE" in refused.err
