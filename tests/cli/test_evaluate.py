import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch

from conftest import Outcome
from mtlue.models.backbones import TinyResNet

Run = Callable[..., Outcome]
QUICK = ("--learner-epochs", 1, "--batch-size", 4)


@pytest.fixture
def protected(mtlue: Run, folder: Path, tmp_path: Path) -> Path:
    out = tmp_path / "protected"
    assert mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, "--method", "noise").status == 0
    return out


def test_records_and_table(mtlue: Run, folder: Path, protected: Path, tmp_path: Path) -> None:
    data = ("--dataset", "table", "--data", folder)
    done = mtlue("evaluate", *data, "--protected", protected, "--out", tmp_path / "e", "--seeds", 2, *QUICK)
    assert done.status == 0, done.err
    records = json.loads((tmp_path / "e/results.json").read_text())
    assert len(records) == 2 * 3 * 3
    wanted = {"dataset", "condition", "learner", "method", "metrics", "trivial", "seconds"}
    assert wanted | {"versions"} <= set(records[0])
    for text in ("MTL", "STL", "trivial", "recovery", "balanced accuracy", "±"):
        assert text in done.out
    page = mtlue("report", tmp_path / "e", "--protected", protected, *data)
    assert page.status == 0, page.err
    html = (tmp_path / "e/report.html").read_text()
    assert "What was changed" in html
    assert "How visible the change is" in html
    remembered = mtlue("report", tmp_path / "e", "--protected", protected)
    assert (tmp_path / "e/report.html").read_text() == html
    assert f"clean images: {folder}, as {protected / 'private'} remembers" in remembered.err
    assert "It shows clean images: keep it to yourself (without --protected it shows none)" in remembered.err
    for victim in folder.rglob("*.png"):
        victim.write_bytes(victim.read_bytes()[:20])
    assert mtlue("report", tmp_path / "e", "--protected", protected, *data).status == 2
    without = mtlue("report", tmp_path / "e", "--protected", protected)
    assert without.status == 0, without.err
    assert "no images are shown, as those that the release remembers cannot be" in without.err
    assert "What was changed" not in (tmp_path / "e/report.html").read_text()
    assert mtlue("report", tmp_path / "e", "--out", tmp_path / "bare.html").status == 0
    assert "How visible the change is" not in (tmp_path / "bare.html").read_text()


def test_the_folder_that_protect_wrote_says_where_the_images_are(
    mtlue: Run, folder: Path, protected: Path, tmp_path: Path
) -> None:
    chosen = (*QUICK, "--seeds", 1, "--settings", "mtl", "--compare", "clean")
    data = ("--dataset", "table", "--data", folder)
    calls = {"a": (protected,), "b": (*data, "--protected", protected), "c": (protected, folder)}
    scores = []
    for name, words in calls.items():
        done = mtlue("evaluate", *words, "--out", tmp_path / name, *chosen)
        assert done.status == 0, done.err
        scores.append(json.loads((tmp_path / name / "results.json").read_text())[0]["curves"])
    assert scores[0] == scores[1] == scores[2]
    config = tmp_path / "evaluate.yaml"
    config.write_text(f"protected: {protected}\n")
    same = mtlue("evaluate", folder, "--config", config, "--out", tmp_path / "b", *chosen)
    assert same.status == 0, same.err
    looked = mtlue("analyse", protected, "--out", tmp_path / "f", "--learner-epochs", 1)
    assert looked.status == 0, looked.err
    assert mtlue("analyse", protected, folder, "--out", tmp_path / "g").status == 2


def test_where_nothing_says_which_images_one_sentence_asks_for_them(mtlue: Run, protected: Path) -> None:
    for command in ("evaluate", "analyse"):
        asked = mtlue(command, protected / "release", "--out", protected.parent / "e")
        assert asked.status == 2
        assert "which remembers where the clean images are: give --data" in asked.err
        assert "things are wrong" not in asked.err
        assert "nowhere does not exist" in mtlue(command, "nowhere", "--out", protected.parent / "e").err


def test_only_protected_tasks_count_and_the_usual_views_hold_without_private(
    mtlue: Run, folder: Path, tmp_path: Path
) -> None:
    data = ("--dataset", "table", "--data", folder)
    out = tmp_path / "p"
    assert mtlue("protect", *data, "--out", out, "--method", "noise", "--tasks", "tone").status == 0
    scores = []
    for name, protected in (("a", out), ("b", out / "release")):
        chosen = (*QUICK, "--seeds", 1, "--settings", "mtl", "--compare", "clean")
        done = mtlue("evaluate", *data, "--protected", protected, "--out", tmp_path / name, *chosen)
        assert done.status == 0, done.err
        (record,) = json.loads((tmp_path / name / "results.json").read_text())
        scores.append(record["curves"])
        assert set(record["metrics"]) == {"tone"}
    assert scores[0] == scores[1]


def test_choices(mtlue: Run, folder: Path, protected: Path, tmp_path: Path) -> None:
    chosen = ("--seeds", "3,", "--settings", "mtl", "--compare", "clean", "protected")
    data = ("--dataset", "table", "--data", folder, "--protected", protected, "--out", tmp_path / "e")
    done = mtlue("evaluate", *data, *QUICK, *chosen)
    assert done.status == 0, done.err
    records = json.loads((tmp_path / "e/results.json").read_text())
    assert [(record["learner"]["seed"], record["learner"]["setting"], record["condition"]) for record in records] == [
        (3, "mtl", "clean"),
        (3, "mtl", "protected"),
    ]


def test_wrong_folders_are_named(mtlue: Run, folder: Path, protected: Path, tmp_path: Path) -> None:
    def refused(*arguments: object) -> Outcome:
        outcome = mtlue("evaluate", *arguments, "--out", tmp_path / "e", *QUICK)
        assert outcome.status in (1, 2)
        assert "Traceback" not in outcome.err
        return outcome

    table = ("--dataset", "table", "--data", folder)
    assert "does not exist" in refused(*table, "--protected", tmp_path / "nowhere").err
    assert "unknown setting" in refused(*table, "--protected", protected, "--settings", "some").err
    assert "unknown backbone" in refused(*table, "--protected", protected, "--backbone", "nope").err
    shutil.rmtree(protected / "private")
    assert "no training image" in refused("--dataset", "digits", "--size", 20, "--protected", protected).err
    victim = next((protected / "release/images").rglob("*.png"))
    victim.unlink()
    outcome = refused(*table, "--protected", protected, "--test-fraction", 0)
    assert victim.name in outcome.err
    assert f"{folder} holds no results.json: give the folder that evaluate" in mtlue("report", folder).err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--train-images", 0),
        ("--test-images", 0),
        ("--epochs", 0),
        ("--fit-batch-size", 1),
        ("--learner-epochs", 0),
        ("--batch-size", 1),
        ("--seeds", 0),
    ],
)
def test_the_demo_refuses_numbers_that_mean_nothing(mtlue: Run, tmp_path: Path, option: str, value: int) -> None:
    refused = mtlue("demo", "--out", tmp_path / "demo", option, value)
    assert refused.status == 2
    assert option in refused.err or option not in ("--train-images", "--test-images")
    assert option.removeprefix("--") in refused.err
    assert not (tmp_path / "demo").exists()


def test_a_demo_takes_the_place_of_an_earlier_one(mtlue: Run, tmp_path: Path) -> None:
    """Of another release, whose records would otherwise be in the way once the new one is made."""
    small = ("--train-images", 60, "--test-images", 20, "--settings", "mtl", "--learner-epochs", 1, "--method", "noise")
    again = [mtlue("demo", "--out", tmp_path, *small, "--seed", seed, "--overwrite") for seed in (0, 1)]
    assert [done.status for done in again] == [0, 0], again[1].err
    shutil.rmtree(tmp_path / "protected")
    refused = mtlue("demo", "--out", tmp_path, *small)
    assert refused.status == 2
    assert "evaluation holds what an earlier demo found: give --overwrite to replace it" in refused.err
    assert not (tmp_path / "protected").exists()


def test_the_demo_says_its_own_defaults(mtlue: Run) -> None:
    shown = " ".join(mtlue("demo", "--help").out.split())
    assert "for seed 1 alone); one by default" in shown
    assert "epochs of a learner; 9 by default" in shown


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--learner-rate", "nan", "--learner-rate nan: give a number above 0"),
        ("--seeds", "2,2", "--seeds 2,2: give how many"),
        ("--settings", "mt", "unknown setting 'mt': did you mean 'mtl'?"),
        ("--compare", "protcted", "unknown condition 'protcted': did you mean 'protected'?"),
        ("--trainable", "liner", "--trainable cannot be liner: did you mean linear? Choose from all, head, linear"),
        ("--backbone", "resnt18", "unknown backbone 'resnt18': did you mean 'resnet18'?"),
        ("--weighting", "fairgrd", "unknown weighting 'fairgrd': did you mean 'fairgrad'?"),
    ],
)
def test_mistakes_in_options_are_named_with_what_was_meant(mtlue: Run, option: str, value: str, message: str) -> None:
    refused = mtlue("evaluate", "--dataset", "digits", "--protected", "p", "--out", "e", option, value)
    assert refused.status == 2
    assert message in refused.err


def test_a_frozen_trunk_with_weights_from_a_file(mtlue: Run, folder: Path, protected: Path, tmp_path: Path) -> None:
    weights = tmp_path / "tiny.safetensors"
    safetensors.torch.save_file(TinyResNet(3).state_dict(), weights)
    data = ("--dataset", "table", "--data", folder, "--protected", protected, "--out", tmp_path / "e")
    chosen = ("--init", weights, "--trainable", "head", "--seeds", 1, "--settings", "mtl", "--compare", "clean")
    done = mtlue("evaluate", *data, *QUICK, *chosen, "--countermeasures", "jpeg:quality=51", "--treat-test", "false")
    assert done.status == 0, done.err
    (record,) = json.loads((tmp_path / "e/results.json").read_text())
    expected = {"init": str(weights), "trainable": "head", "countermeasure": "jpeg:quality=51", "treat_test": False}
    assert {name: record["learner"][name] for name in expected} == expected
    refused = mtlue("evaluate", *data, "--init", tmp_path / "nowhere.pth")
    assert (refused.status, "--init" in refused.err, "no such file" in refused.err) == (2, True, True)
    unpublished = mtlue("evaluate", *data, "--pretrained")
    assert (unpublished.status, "backbone 'tiny' has no pretrained weights" in unpublished.err) == (2, True)


def test_the_same_command_again_trains_what_is_left(mtlue: Run, folder: Path, protected: Path, tmp_path: Path) -> None:
    data = ("--dataset", "table", "--data", folder, "--protected", protected, "--out", tmp_path / "e")
    command = ("evaluate", *data, *QUICK, "--seeds", 1, "--settings", "mtl")
    assert mtlue(*command).status == 0
    before = (tmp_path / "e/results.json").read_text()
    cells = {path: path.stat().st_mtime_ns for path in (tmp_path / "e/cells").iterdir()}
    for cell in list(cells)[:1]:
        cell.unlink()
    again = mtlue(*command)
    assert "2 of 3 learners" in again.err
    assert sum(path.stat().st_mtime_ns == stamp for path, stamp in cells.items() if path.exists()) == 2
    assert [row["metrics"] for row in json.loads((tmp_path / "e/results.json").read_text())] == [
        row["metrics"] for row in json.loads(before)
    ]
