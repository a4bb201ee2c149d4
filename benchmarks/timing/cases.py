"""What speed.py times: the same data and surrogates for mtlue's fitting and for the published procedure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from published_cost import PublishedGenerator, PublishedProcedure, image_tasks

from mtlue import ArrayDataset, Categorical, Pipeline, Runtime
from mtlue.bounds import DEFAULT_EPSILON
from mtlue.data import Batch
from mtlue.data.options import DataOptions
from mtlue.devices import Device, Precision
from mtlue.generator import Generator
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods import MethodChoice
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.fitting import Fitting
from mtlue.methods.joint_surrogate import JointSurrogate
from mtlue.methods.mtl_ue import MtlUe, TargetedAdversarialMtlUe
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.surrogates import Surrogates
from mtlue.models import MultiTaskModel

CROP_SHARE = 64 / 70


@dataclass(frozen=True)
class Case:
    """One setting: random images of ``size``, ``steps`` batches of them, ``tasks`` binary tasks."""

    size: int = 70
    batch: int = 32
    tasks: int = 40
    steps: int = 2
    surrogate: str = "resnet18"
    device: Device = "cpu"
    precision: Precision = "32-true"

    def describe(self) -> str:
        """What is measured, and on what."""
        return (
            f"{self.size}x{self.size} (learners see {self.crop}), batch {self.batch}, {self.tasks} tasks, "
            f"{self.surrogate}, {self.device}, {self.precision}, {torch.get_num_threads()} threads, "
            f"torch {torch.__version__}"
        )

    @cached_property
    def runtime(self) -> Runtime:
        return Runtime(self.device, self.precision)

    @property
    def crop(self) -> int:
        return round(self.size * CROP_SHARE)

    @cached_property
    def pipeline(self) -> Pipeline:
        return Pipeline((self.size, self.size), (self.crop, self.crop), True)

    @cached_property
    def data(self) -> ArrayDataset:
        count, random = self.batch * self.steps, torch.Generator().manual_seed(0)
        tasks = tuple(Categorical(f"attribute {i}", ("no", "yes")) for i in range(self.tasks))
        images = torch.randint(256, (count, 3, self.size, self.size), dtype=torch.uint8, generator=random)
        labels = {task.name: torch.randint(2, (count,), generator=random) for task in tasks}
        return ArrayDataset(tasks, images, labels, [f"{i}" for i in range(count)])

    def one_batch(self) -> Batch:
        return self.data.batch(torch.arange(self.batch)).to(self.runtime.device)

    def config(self, method: str) -> ResolvedSettings:
        """Ours: the default's generator, this case's surrogate, one epoch of each training.

        The generator learns in the case's batches; EM's surrogate in the default's, which are larger.
        """
        base = ResolvedSettings.fast(OBJECTIVES[method].plan)
        recipe = replace(base.recipe.with_epochs(1), batch_size=self.batch)
        return replace(
            base,
            recipe=recipe,
            surrogate=self.surrogate,
            surrogate_recipe=base.surrogate_recipe.with_epochs(1),
            stop_error=None,
        )

    def surrogates(self, method: str) -> list[MultiTaskModel]:
        """Untrained ones, as many as the method needs: they cost what trained ones do."""
        trainer = Surrogates(self.config(method), self.data, self.pipeline, self.runtime)
        count = max(1, len(OBJECTIVES[method].plan.checkpoints))
        return [trainer.fresh().eval().requires_grad_(False) for _ in range(count)]

    def ours(self, method: str) -> Fitting:
        config = self.config(method)
        objective = OBJECTIVES[method](config.balanced)
        return Fitting(objective, config, DEFAULT_EPSILON, self.data, self.runtime, self.pipeline)

    def rival(self, method: str) -> JointSurrogate:
        return JointSurrogate(self.config(method), self.data, self.pipeline, self.runtime)

    def published(self, method: str, surrogates: list[MultiTaskModel]) -> PublishedProcedure:
        return PublishedProcedure(
            method, self.data, surrogates, self.pipeline, self.batch, DEFAULT_EPSILON, self.runtime
        )

    def generator(self) -> Generator:
        """Ours, untrained, on the device."""
        config = self.config("tap").generator.resolved((self.size, self.size), self.data.tasks)
        return Generator(config, self.data.tasks, 3).to(self.runtime.device)

    def published_generator(self) -> PublishedGenerator:
        """The published structure, untrained, on the device."""
        return PublishedGenerator(image_tasks(self.data.tasks), 3, (self.size, self.size)).to(self.runtime.device)

    def method(self) -> MtlUe:
        """A method that protects with an untrained generator: it costs what a trained one does."""
        method = TargetedAdversarialMtlUe()
        method.tasks, method.channels, method.generator = self.data.tasks, 3, self.generator().eval()
        return method


@dataclass(frozen=True)
class Plan:
    """What is measured of a case: methods, turns, images of an epoch, numbers of tasks, files that apply reads."""

    case: Case
    methods: Sequence[str]
    repeats: int
    images: int
    tasks: Sequence[int]
    files: int
    large: int


def write_folder(root: Path, side: int, count: int, tasks: int) -> Path:
    """``count`` PNG images of random blocks of 5 pixels, and a table of ``tasks`` binary tasks."""
    random = np.random.default_rng(0)
    rows = []
    root.mkdir(parents=True)
    for number in range(count):
        blocks = random.integers(0, 256, (-(-side // 5), -(-side // 5), 3), dtype=np.uint8)
        pixels = blocks.repeat(5, 0).repeat(5, 1)[:side, :side]
        Image.fromarray(pixels).save(root / f"{number}.png", compress_level=1)
        drawn = random.integers(0, 2, tasks) if number > 1 else [number] * tasks  # both answers stand in every column
        answers = {f"attribute {i}": ("no", "yes")[answer] for i, answer in enumerate(drawn)}
        rows.append({"file": f"{number}.png", **answers})
    pd.DataFrame(rows).to_csv(root / "labels.csv", index=False)
    return root


def fitted_folder(root: Path, case: Case, side: int, files: int) -> tuple[Path, DataOptions]:
    """The private folder of a release of files of ``side``, fitted at the case's size, and the files as options."""
    quick = {"epochs": 1, "fit_batch_size": case.batch, "surrogate": "tiny", "surrogate_epochs": 1}
    few = DataOptions(
        "table", write_folder(root / "few", case.size, 8, case.tasks), size=case.size, cache=root / "cache"
    )
    method, seed, check = MethodChoice("tap", quick), case.runtime.seed, SelfCheckOptions(self_check=False)
    run_protect(ProtectRequest(few, root / "out", method=method, seed=seed, self_check=check), case.runtime)
    many = write_folder(root / "many", side, files, case.tasks)
    return root / "out/private", DataOptions("table", many, size=side, cache=root / "cache")
