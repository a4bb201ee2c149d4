"""Shared fixtures: small datasets, folders of images, and the command line in process."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from mtlue import ArrayDataset, Categorical, MethodConfig
from mtlue.cli import main
from mtlue.data.sources.digits import TASKS, render_digits
from mtlue.generator import GeneratorConfig
from mtlue.training import Recipe

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

torch.set_num_threads(1)  # one process a core: pytest-xdist runs the files in parallel


def random_dataset(
    count: int = 12, channels: int = 3, size: tuple[int, int] = (16, 16), missing: bool = False, seed: int = 0
) -> ArrayDataset:
    """Noise images with two tasks of 3 and 2 classes."""
    generator = torch.Generator().manual_seed(seed)
    tasks = (Categorical("shape", ("a", "b", "c")), Categorical("tone", ("dark", "light")))
    labels = {task.name: torch.randint(task.channels, (count,), generator=generator) for task in tasks}
    if missing:
        labels["shape"][::2] = -1
    images = torch.randint(256, (count, channels, *size), dtype=torch.uint8, generator=generator)
    return ArrayDataset(tasks, images, labels, [f"image {i}" for i in range(count)])


def digits_dataset(split: str, count: int) -> ArrayDataset:
    drawn = render_digits(split, count)
    labels = {"left": drawn.labels[:, 0], "right": drawn.labels[:, 1]}
    return ArrayDataset(TASKS, drawn.images, labels, [f"{split} {i}" for i in range(count)])


def quick_config(structure: str = "light") -> MethodConfig:
    """Settings that fit in a second: for properties that hold whatever was learned."""
    recipe = Recipe(epochs=1, learning_rate=1e-2, batch_size=8, schedule="onecycle")
    generator = GeneratorConfig(structure=structure, base_grid=(4, 4), embedding_channels=4)
    return MethodConfig(generator=generator, recipe=recipe, surrogate_recipe=recipe, joint_steps=1)


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Decoded pixels of a test stay with the test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("MTLUE_CACHE", str(folder))
    return folder


@dataclass(frozen=True)
class Outcome:
    """What a command printed and returned."""

    status: int
    out: str
    err: str


@pytest.fixture
def mtlue(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a command in this process; a traceback fails the test by itself."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


def start_mtlue(*arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mtlue", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def save_image(
    path: Path, size: tuple[int, int] = (24, 20), mode: str = "RGB", seed: int = 0, **options: object
) -> Path:
    """A random image of (width, height) at ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    image = Image.fromarray(pixels)
    (image if image.mode == mode else image.convert(mode)).save(path, **options)
    return path


def write_table(folder: Path, rows: Sequence[dict[str, object]], name: str = "labels.csv") -> Path:
    path = folder / name
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve images in two subfolders with a CSV of two tasks."""
    root = tmp_path / "photos"
    rows = []
    for i in range(12):
        file = f"{'odd' if i % 2 else 'even'}/picture {i}.png"
        save_image(root / file, seed=i)
        rows.append({"file": file, "kind": ["cat", "dog", "cow"][i % 3], "tone": ["dark", "light"][i % 2]})
    write_table(root, rows)
    return root
