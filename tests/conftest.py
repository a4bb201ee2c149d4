"""Shared fixtures: small datasets, folders of images, and the command line in process."""

import csv
import gc
import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pytest
import torch
from lightning_fabric.utilities import registry as fabric_registry
from PIL import Image
from torch import Tensor, nn

from light import Light, light_commands
from mtlue import ArrayDataset, Categorical, Pipeline, Regression, Runtime
from mtlue.cli import main
from mtlue.cli.terminal import console
from mtlue.data.embedded.digits import TASKS, render_digits
from mtlue.data.files.images import read_picture
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.generator import GeneratorConfig
from mtlue.generator.config import StructureName
from mtlue.methods import METHODS, MethodChoice, Perturber, Scope
from mtlue.methods.config import ResolvedSettings
from mtlue.registry import Settings
from mtlue.tasks import Depth, Normals, Segmentation, Task
from mtlue.training import Recipe

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

MAP_SIZE = (12, 16)
"""(H, W) of :func:`write_nyuv2`'s images."""

vars(fabric_registry).update(entry_points=cache(entry_points))  # each Runtime reads them: 10 ms and more
torch.set_num_threads(1)  # one process a core: pytest-xdist runs the files in parallel


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # what the libraries make while they are imported stays: looking through it takes long
    config.addinivalue_line("markers", "long: takes half a minute or more, and is started first")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long starts first, so that no process of several is left alone with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """No later collection of garbage looks through libraries and collected tests again."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """What was kept from collection is freed at the end as without it: libraries' bindings would complain of leaks."""
    gc.unfreeze()


@dataclass(frozen=True)
class TensorDataset(ArrayDataset):
    """A dataset that lies in memory, so that its images and labels are tensors."""

    images: Tensor
    labels: Mapping[str, Tensor]


def weights_of(model: nn.Module) -> Tensor:
    """All weights of a model in one row, on the CPU, whatever their layout in memory."""
    return torch.cat([weight.detach().cpu().flatten() for weight in model.parameters()])


def random_dataset(
    count: int = 12, channels: int = 3, size: tuple[int, int] = (16, 16), missing: bool = False, seed: int = 0
) -> TensorDataset:
    """Noise images with two tasks of 3 and 2 classes."""
    generator = torch.Generator().manual_seed(seed)
    tasks = (Categorical("shape", ("a", "b", "c")), Categorical("tone", ("dark", "light")))
    labels = {task.name: torch.randint(task.channels, (count,), generator=generator) for task in tasks}
    if missing:
        labels["shape"][::2] = -1
    images = torch.randint(256, (count, channels, *size), dtype=torch.uint8, generator=generator)
    return TensorDataset(tasks, images, labels, [f"image {i}" for i in range(count)])


MIXED = (
    Categorical("kind", ("a", "b", "c")),
    Regression("pose", -1.0, 3.0, size=2),
    Segmentation("region", ("floor", "wall", "box")),
    Depth("depth"),
    Normals("normals"),
)


def mixed_dataset(
    tasks: tuple[Task, ...] = MIXED, count: int = 12, channels: int = 3, size: tuple[int, int] = (16, 16)
) -> TensorDataset:
    """Noise images with tasks of every kind; each label is missing somewhere, the first image has none."""
    generator = torch.Generator().manual_seed(0)
    labels = {
        "kind": torch.randint(-1, 3, (count,), generator=generator),
        "pose": torch.rand(count, 2, generator=generator, dtype=torch.float64) * 4 - 1,
        "region": torch.randint(-1, 3, (count, *size), generator=generator).to(torch.int16),
        "depth": (torch.rand(count, *size, generator=generator) * 12 - 2).clamp(min=0),
        "normals": torch.nn.functional.normalize(torch.randn(count, 3, *size, generator=generator), dim=1),
    }
    labels["pose"][::2, 0] = float("nan")
    labels["normals"][:, :, :4] = 0
    for task in tasks:
        labels[task.name][:1] = task.blank_labels(1, size).to(labels[task.name])
    images = torch.randint(256, (count, channels, *size), dtype=torch.uint8, generator=generator)
    chosen = {task.name: labels[task.name] for task in tasks}
    return TensorDataset(tasks, images, chosen, [f"image {i}" for i in range(count)])


def digits_dataset(split: str, count: int) -> TensorDataset:
    drawn = render_digits(split, count)
    labels = {"left": drawn.labels[:, 0], "right": drawn.labels[:, 1]}
    return TensorDataset(TASKS, drawn.images, labels, [f"{split} {i}" for i in range(count)])


def quick_config(structure: StructureName = "light") -> ResolvedSettings:
    """Resolved settings that fit in a second: for properties that hold whatever was learned."""
    recipe = Recipe(epochs=1, learning_rate=1e-2, batch_size=8, schedule="onecycle")
    generator = GeneratorConfig(structure=structure, base_grid=(4, 4), embedding_channels=4)
    return ResolvedSettings(
        generator=generator, recipe=recipe, surrogate_recipe=recipe, joint_steps=1, steps_per_class=0
    )


QUICK_FIT = {
    **{"epochs": 1, "fit_batch_size": 8, "learning_rate": 1e-2, "embedding_channels": 4},
    **{"surrogate_epochs": 1, "surrogate_learning_rate": 1e-2, "joint_steps": 1},
}


def quick_settings(name: str = "tap", **more: object) -> Settings:
    """A method's settings for a fit in a second, as far as it has them, and ``more`` of them."""
    kind = METHODS.settings(name)
    return kind.of({key: value for key, value in QUICK_FIT.items() if hasattr(kind, key)} | more)


def quick_method(name: str, epsilon: float = 8 / 255, scope: Scope | None = None, **more: object) -> Perturber:
    """A method, not fitted yet, with :func:`quick_settings`."""
    return MethodChoice(name, quick_settings(name, **more), epsilon, scope or Scope()).build()


@pytest.fixture(autouse=True)
def same_randomness() -> None:
    """A test draws the same numbers alone, in any order and on any machine."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def cache_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Names of folders, one a test: pytest looks through all that there are before it makes another."""
    root = tmp_path_factory.mktemp("caches")
    return (root / str(number) for number in itertools.count())


@pytest.fixture(scope="session", autouse=True)
def users_cache_left_alone(cache_folders: Iterator[Path]) -> Iterator[None]:
    """What fixtures of a whole module or session decode is not kept with what the user of this machine has."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MTLUE_CACHE", str(next(cache_folders)))
        yield


@pytest.fixture(autouse=True)
def cache_folder(cache_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Decoded pixels of a test stay with the test."""
    folder = next(cache_folders)
    folder.mkdir()
    monkeypatch.setenv("MTLUE_CACHE", str(folder))
    return folder


@dataclass(frozen=True)
class Outcome:
    """What a command printed and returned."""

    status: int
    out: str
    err: str


@pytest.fixture
def mtlue(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run a command in this process, its tables as wide as they like; a traceback fails the test by itself."""
    monkeypatch.setattr(console.out, "width", 200)

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stopped:
            status = int(stopped.code or 0)
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Light]:
    with light_commands(tmp_path_factory.mktemp("said")) as run:
        yield run


def start_mtlue(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Start a command as a process of its own, which Ctrl-C reaches even where the tests run in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    process: subprocess.Popen[str] = subprocess.Popen(
        [sys.executable, "-m", "mtlue", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    return process


def save_image(path: Path, size: tuple[int, int] = (24, 20), mode: str = "RGB", seed: int = 0, **options: Any) -> Path:
    """A random image of (width, height) at ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    image = Image.fromarray(pixels)
    (image if image.mode == mode else image.convert(mode)).save(path, **options)
    return path


def write_table(folder: Path, rows: Sequence[Mapping[str, object]], name: str = "labels.csv") -> Path:
    path = folder / name
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def read_rows(table: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, every cell as it is written."""
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def read_data(dataset: str, root: Path, **options: Any) -> Collection:
    """What a command reads of a folder, on a CPU."""
    return load(DataOptions(dataset, root, **options), Runtime("cpu"))


def write_nyuv2(root: Path, train: int = 3, val: int = 2) -> Path:
    """A miniature of NYUv2's official layout, at ``MAP_SIZE``."""
    random = np.random.default_rng(0)
    for split, count in (("train", train), ("val", val)):
        for part in ("image", "label", "depth", "normal"):
            (root / split / part).mkdir(parents=True)
        for i in range(count):
            normal = random.normal(size=(*MAP_SIZE, 3))
            normal /= np.linalg.norm(normal, axis=2, keepdims=True)
            normal[0] = 0
            arrays = {
                "image": random.random((*MAP_SIZE, 3)),
                "label": random.integers(-1, 13, MAP_SIZE),
                "depth": random.uniform(0.5, 9, (*MAP_SIZE, 1)) * (random.random((*MAP_SIZE, 1)) > 0.2),
                "normal": normal,
            }
            for part, values in arrays.items():
                np.save(root / split / part / f"{i}.npy", values)
    return root


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


@pytest.fixture
def out(mtlue: Callable[..., Outcome], folder: Path, tmp_path: Path) -> Path:
    """What protect wrote of those images, with noise for a method."""
    out = tmp_path / "out"
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, "--method", "noise")
    assert done.status == 0, done.err
    return out


@pytest.fixture
def release(out: Path) -> Path:
    return out / "release"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that were really decoded, in sequence."""
    files: list[Path] = []

    def counted(path: Path, pipeline: Pipeline) -> object:
        files.append(path)
        return read_picture(path, pipeline)

    monkeypatch.setattr("mtlue.data.files.decoding.read_picture", counted)
    return files


@pytest.fixture
def bucket() -> Iterator[fsspec.AbstractFileSystem]:
    """An object store in memory, whose /bucket is empty before and after."""
    system = fsspec.filesystem("memory")
    yield system
    if system.exists("/bucket"):
        system.rm("/bucket", recursive=True)
