"""Files that are read back, mutated: every reader and every command ends in a result or in one sentence.

``MTLUE_MUTANTS=1000 pytest tests/test_read_back.py`` tries more of each kind than the few that a run of all tests does.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from conftest import mixed_dataset, quick_config, quick_method, random_dataset, save_image, write_table
from mtlue import ArrayDataset, Runtime
from mtlue.cli import main
from mtlue.cli.telling.fidelity_table import fidelity_table
from mtlue.data import Pipeline
from mtlue.evaluation.grids.grid import Grid
from mtlue.evaluation.records import read_records
from mtlue.jobs.releases.private_folder import saved_curves, saved_fidelity, saved_pipeline, saved_settings
from mtlue.methods import load_method
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.surrogates import Surrogates
from mtlue.report.evaluations.table import render_release_table
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import compare
from mtlue.report.tables.footnotes import footnotes
from mtlue.report.tables.least_protected import least_protected
from mtlue.report.tables.renderings import RENDERINGS
from mtlue.structured import read_json, read_yaml
from mutating import MUTANTS, count_refused, mutants, refused

COMMANDS_A_FILE = max(6, MUTANTS // 10)
WHOLE = random_dataset(count=6)
DENSE = mixed_dataset(count=6)
GRID = """
datasets: {digits: {limit_train: 40, limit_test: 20, size: [32, 32]}, t: {dataset: table, data: x, tasks: [a, b]}}
methods: {clean: null, tap: {epsilon: 4, ablate: [intra]}, mine: {method: lsp-patch, fraction: 0.5}}
backbones: [tiny]
settings: [mtl, stl]
seeds: [0, 1]
protection_seed: each
learner_epochs: 1
blocks: [{weightings: [ls]}, {countermeasures: [none, grey], learner_rate: 0.01}]
"""
EXPECTED = {"train_images": 9, "test_images": 9, "shape": [3, 16, 16], "view": [16, 16], "classes": [2, 3]}


@dataclass(frozen=True)
class Made:
    """One of each file that is read back.

    Attributes:
        photos: clean images.
        out: what protect wrote of them.
        evaluation: what evaluate wrote.
        methods: a folder for each saved method.
        shared: a folder of surrogates.
    """

    photos: Path
    out: Path
    evaluation: Path
    methods: Path
    shared: Path


def command(*arguments: object) -> int:
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as stopped:
        return int(stopped.code or 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    root = tmp_path_factory.mktemp("made")
    made = Made(root / "photos", root / "out", root / "evaluation", root / "methods", root / "shared")
    rows = [{"file": f"{i}.png", "kind": "abc"[i % 3], "tone": "xy"[i % 2]} for i in range(12)]
    for i, row in enumerate(rows):
        save_image(made.photos / str(row["file"]), seed=i)
    write_table(made.photos, rows)
    data = ("--dataset", "table", "--data", made.photos, "--no-cache")
    assert command("protect", *data, "--out", made.out, "--method", "lsp-patch", "--seed", 1) == 0
    learners = ("--learner-epochs", 1, "--batch-size", 4, "--seeds", 2, "--settings", "mtl", "stl")
    assert command("evaluate", *data, "--protected", made.out, "--out", made.evaluation, *learners) == 0
    for name in ("tap", "em-samplewise", "lsp-patch", "noise", "joint-code"):
        method = quick_method(name, pgd_steps=1) if name == "em-samplewise" else quick_method(name)
        method.fit(DENSE if name == "joint-code" else WHOLE, Runtime("cpu"), Pipeline(), made.shared)
        method.save(made.methods / name)
    published = quick_method("em", generator="published")
    published.fit(DENSE, Runtime("cpu"), Pipeline())
    published.save(made.methods / "em")
    return made


def use_records(path: Path) -> None:
    records = read_records(path)
    results = SortedRecords.of(records)
    for view in (TableView(), TableView(per_task=True, recovery=True)):
        comparison = compare(results, view)
        notes, lead = footnotes(results, comparison), least_protected(results)
        for render in RENDERINGS.values():
            render(comparison, notes, lead)
    render_release_table(records)


def use_method(folder: Path) -> None:
    method = load_method(folder, Runtime("cpu"))
    dataset: ArrayDataset = DENSE if any(task.kind == "depth" for task in method.tasks) else WHOLE
    if set(method.tasks) == set(dataset.tasks):
        changed = method.protect(dataset.batch(torch.arange(len(dataset))))
        assert changed.shape == dataset.images.shape


def use_settings(path: Path) -> None:
    saved_settings(path.parent)
    saved_pipeline(path.parent)


def use_fidelity(private: Path) -> None:
    fidelity = saved_fidelity(private)
    if fidelity is not None:
        fidelity_table(fidelity)
        fidelity.worst(3)


def use_surrogates(path: Path) -> None:
    shared = path.parents[2]
    trainer = Surrogates(quick_config(), WHOLE, Pipeline(), Runtime("cpu"), shared)
    trainer.checkpoints(OBJECTIVES["tap"].plan)


def use_grid(path: Path) -> None:
    grid = Grid.read(path)
    tasks = WHOLE.tasks
    assert len(grid.cells({spec.name: tasks for spec in grid.datasets()})) <= 100_000 * len(tasks)


@pytest.mark.parametrize("part", ["generator.json", "generator.safetensors"])
@pytest.mark.parametrize("name", ["tap", "em", "em-samplewise", "lsp-patch", "noise", "joint-code"])
def test_methods(made: Made, tmp_path: Path, name: str, part: str) -> None:
    folder = Path(shutil.copytree(made.methods / name, tmp_path / name))
    use_method(folder)
    assert count_refused(folder / part, lambda: use_method(folder)) > 0


@pytest.mark.parametrize(
    ("part", "use"),
    [
        ("evaluation/results.json", use_records),
        ("out/private/config.json", use_settings),
        ("out/private/training.json", lambda path: saved_curves(path.parent)),
        ("out/private/fidelity.json", lambda path: use_fidelity(path.parent)),
        ("shared/surrogates/*/loss.json", use_surrogates),
        ("shared/surrogates/*/epoch-0001.safetensors", use_surrogates),
        ("grid.yaml", use_grid),
        ("expected.yaml", use_grid),
    ],
)
def test_readers(made: Made, tmp_path: Path, part: str, use: Callable[[Path], object]) -> None:
    root = Path(shutil.copytree(made.out.parent, tmp_path / "made"))
    (root / "grid.yaml").write_text(GRID)
    (root / "expected.yaml").write_text(
        json.dumps({"datasets": {"digits": {"expect": EXPECTED}}, "methods": ["noise"]})
    )
    (path,) = root.glob(part)
    use(path)
    assert count_refused(path, lambda: use(path)) > 0


DATA = ("--dataset", "table", "--data", "photos", "--no-cache")
QUICK = ("--learner-epochs", "1", "--batch-size", "4", "--seeds", "1")
RUN: list[tuple[str, tuple[str, ...]]] = [
    ("evaluation/results.json", ("table", "evaluation", "--per-task")),
    ("evaluation/results.json", ("report", "evaluation")),
    ("out/private/training.json", ("report", "evaluation", "--protected", "out")),
    ("out/private/config.json", ("evaluate", *DATA, *QUICK, "--protected", "out", "--out", "e", "--settings", "mtl")),
    ("out/private/config.json", ("analyse", *DATA, *QUICK, "--protected", "out", "--out", "a")),
    ("out/private/config.json", ("apply", "out/private", *DATA, "--out", "new", "--overwrite")),
    ("out/private/generator.json", ("apply", "out/private", *DATA, "--out", "new", "--overwrite")),
    ("out/private/generator.safetensors", ("apply", "out/private", *DATA, "--out", "new", "--overwrite")),
    ("grid.yaml", ("benchmark", "grid.yaml", "--out", "grid")),
    ("grid/data/*.json", ("benchmark", "grid.yaml", "--out", "grid")),
    ("grid/cells/*.json", ("benchmark", "grid.yaml", "--out", "grid")),
    ("grid/shared/*.npy", ("benchmark", "grid.yaml", "--out", "grid")),
    ("config.yaml", ("inspect", "--config", "config.yaml")),
]
SMALL_GRID = """
datasets: {t: {dataset: table, data: photos, tasks: [tone], no_cache: true}}
methods: {clean: null, mine: {method: lsp-patch}}
settings: [mtl]
seeds: 1
learner_epochs: 1
batch_size: 4
"""


@pytest.mark.parametrize(("part", "arguments"), RUN, ids=lambda value: value if isinstance(value, str) else value[0])
def test_commands(
    made: Made,
    tmp_path: Path,
    part: str,
    arguments: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(shutil.copytree(made.out.parent, tmp_path / "made"))
    Path("grid.yaml").write_text(SMALL_GRID)
    Path("config.yaml").write_text("dataset: table\ndata: photos\nno-cache: true\ntasks: [kind, tone]\nsize: 16\n")
    assert command(*arguments) == 0, capsys.readouterr().err
    Path("out/private/manifest.sha256").unlink(missing_ok=True)  # else whatever differs is refused by its hash alone
    path = next(Path().glob(part))
    for mutant in mutants(path.read_bytes(), f"{part} {arguments[0]}", COMMANDS_A_FILE):
        if b"udc80" not in mutant and b"\xed\xb2\x80" not in mutant:  # pytest's stderr, unlike a process's, is strict
            path.write_bytes(mutant)
            capsys.readouterr()
            status, printed = command(*arguments), capsys.readouterr()
            assert status in (0, 1, 2)
            assert "Traceback" not in printed.err
            assert status == 0 or printed.err


@pytest.mark.parametrize("kind", [dict[str, Any], list[Any], dict[str, str | list[str]]])
def test_yaml_in_general(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "mine.yaml"
    text = b"a: &x [1, 2.5, yes, ~, 2020-01-01]\nb: {c: 'd', e: !!str 1}\n? f\n: - |\n   g\n  - >-\n   h\n"
    for mutant in mutants(text, "yaml", 4 * MUTANTS):
        path.write_bytes(mutant)
        for as_text in (False, True):
            refused(partial(read_yaml, path, kind, "mend it", as_text=as_text))
        refused(lambda: read_json(path, kind, "mend it"))
