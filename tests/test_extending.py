"""The files of docs/contributing/extending.md and docs/reference/audit.md run as they are, through the command line."""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import timm
from safetensors.torch import save_file

from conftest import save_image

ROOT = Path(__file__).resolve().parents[1]
BLOCKS = re.compile(r"```python\n# (\w+)\.py\n(.*?)```", re.DOTALL)
DIGITS = ("--dataset", "digits", "--limit-train", "40", "--limit-test", "20")


IN_TURN = """
import contextlib, io, json, sys
from mtlue.cli import main
for line in sys.stdin:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = main(json.loads(line))
    print(json.dumps([status, printed.getvalue()]), flush=True)
"""


class Commands:
    """Runs commands one after another in a process that has loaded the libraries and the extensions once."""

    def __init__(self, process: subprocess.Popen[str], problems: Path) -> None:
        self.process, self.problems = process, problems

    def __call__(self, *commands: tuple[object, ...]) -> str:
        """What they print; one that fails, fails the test."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        printed = ""
        for command in commands:
            print(json.dumps([str(word) for word in command]), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
            assert answer, self.problems.read_text()
            status, said = json.loads(answer)
            assert status == 0, self.problems.read_text()
            printed += said
        return printed


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Commands where every file of the pages is an extension."""
    folder = tmp_path_factory.mktemp("extensions")
    for page in ("contributing/extending", "reference/audit"):
        for name, code in BLOCKS.findall((ROOT / f"docs/{page}.md").read_text()):
            (folder / f"{name}.py").write_text(code)
    names = ",".join(sorted(path.stem for path in folder.glob("*.py")))
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": path, "MTLUE_PLUGINS": names, "OMP_NUM_THREADS": "1", "COLUMNS": "140"}
    environment["MTLUE_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    problems, pipe = folder / "stderr", subprocess.PIPE
    with (
        problems.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", IN_TURN], env=environment, stdin=pipe, stdout=pipe, stderr=stderr, text=True
        ) as process,
    ):
        yield Commands(process, problems)
        process.kill()


@pytest.mark.long
def test_methods_a_transformation_and_a_countermeasure(run: Commands, tmp_path: Path) -> None:
    unchecked = ("--self-check", "false")
    fast = ("--epochs", 1, "--surrogate-epochs", 2)
    harder = (*fast, "--against", "levels:count=8", "--transform-surrogates", "--views", 2)
    run(
        ("protect", *DIGITS, "--method", "stripes", "--width", 3, "--out", tmp_path / "stripes"),
        ("protect", *DIGITS, "--method", "tints", *unchecked, "--out", tmp_path / "tints"),
        ("protect", *DIGITS, "--method", "two-checkpoints", *fast, *unchecked, "--out", tmp_path / "two"),
        ("protect", *DIGITS, "--method", "tap", *harder, *unchecked, "--out", tmp_path / "harder"),
    )
    audit = ("--protected", tmp_path / "stripes", "--out", tmp_path / "audit", "--settings", "mtl", "--seeds", 1)
    against = ("--learner-epochs", 1, "--countermeasures", "none", "denoiser:epochs=2")
    shown = run(
        ("apply", tmp_path / "tints/private", *DIGITS, "--out", tmp_path / "more"),
        ("verify", tmp_path / "more", *DIGITS),
        ("evaluate", *DIGITS, *audit, *against),
    )
    assert "denoiser:epochs=2" in shown
    assert len(json.loads((tmp_path / "audit/results.json").read_text())) == 6
    weighted = ("--protected", tmp_path / "stripes", "--out", tmp_path / "hardest", "--weighting", "Hardest")
    run(("evaluate", *DIGITS, *weighted, "--settings", "mtl", "--seeds", 1, "--learner-epochs", 1))
    records = json.loads((tmp_path / "hardest/results.json").read_text())
    assert {record["learner"]["weighting"] for record in records} == {"hardest"}


def test_an_attacker(run: Commands, tmp_path: Path) -> None:
    page = (ROOT / "docs/reference/audit.md").read_text()
    (names,) = re.findall(r"MTLUE_PLUGINS=spectrum mtlue audit OUT --only (.*)", page)
    enough = ("--dataset", "digits", "--limit-train", 40, "--limit-test", 200)
    quick = ("--settings", "mtl", "--learner-epochs", 1, "--more-seeds", 0, "--processes", 1)
    run(
        ("protect", *enough, "--method", "noise", "--out", tmp_path / "out"),
        ("audit", tmp_path / "out", "--only", *names.split(), *quick),
    )
    report = json.loads((tmp_path / "out/audit/audit.json").read_text())
    trained = {(record["attack"], record["learner"]["backbone"], record["condition"]) for record in report["records"]}
    for attack, backbone in (("spectrum:strength=0.5", "tiny"), ("spectrum-two-layer", "two_layer")):
        assert {(attack, backbone, condition) for condition in ("clean", "protected", "own")} <= trained
    assert not {left["attack"] for left in report["not_run"]} & set(names.split())


def test_a_source(run: Commands, tmp_path: Path) -> None:
    shards = tmp_path / "data"
    shards.mkdir()
    for shard in range(2):
        with tarfile.open(shards / f"part-{shard}.tar", "w") as archive:
            for number in range(12):
                image = save_image(tmp_path / "image.png", seed=12 * shard + number)
                archive.add(image, f"{number:02}.png")
                labels = json.dumps({"kind": ["cat", "dog"][number % 2]}).encode()
                entry = tarfile.TarInfo(f"{number:02}.json")
                entry.size = len(labels)
                archive.addfile(entry, io.BytesIO(labels))
    shown = run(("inspect", "--dataset", "tars:pattern=part-*.tar", "--data", shards))
    assert re.search(r"kind +categorical \(cat, dog\)", shown)


def test_a_kind_of_label(run: Commands, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    lines = ["file,rating"]
    for number in range(12):
        save_image(photos / f"{number}.png", seed=number)
        lines.append(f"{number}.png,{'*' * (number % 5 + 1)}")
    (photos / "labels.csv").write_text("\n".join(lines))
    (tmp_path / "tasks.yaml").write_text("tasks: {rating: {kind: stars}}\n")
    data = ("--dataset", "table", "--data", photos, "--tasks", tmp_path / "tasks.yaml", "--test-fraction", 0.4)
    audit = ("--protected", tmp_path / "out", "--out", tmp_path / "audit", "--settings", "mtl", "--seeds", 1)
    shown = run(
        ("protect", *data, "--method", "noise", "--out", tmp_path / "out"),
        ("evaluate", *data, *audit, "--learner-epochs", 1),
    )
    assert "absolute_error" in shown.replace(" ", "_")


def test_learners_from_foreign_weights_in_a_grid(run: Commands, tmp_path: Path) -> None:
    page = (ROOT / "docs/contributing/extending.md").read_text()
    (grid,) = re.findall(r"```yaml\n(datasets.*?)```", page, flags=re.DOTALL)
    weights = tmp_path / "foreign.safetensors"
    save_file(timm.create_model("resnet18", num_classes=0).state_dict(), weights)
    small = "datasets: {digits: {limit_train: 40, limit_test: 20}}\nseeds: 1\n"
    written = grid.replace("foreign.safetensors", str(weights)).replace("datasets: [digits]\n", small)
    (tmp_path / "grid.yaml").write_text(written)
    shown = run(("benchmark", tmp_path / "grid.yaml", "--out", tmp_path / "grid", "--dry-run"))
    assert "12 learners, 0 done" in shown
