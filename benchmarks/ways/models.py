"""Ways of generator and surrogate together: memory formats, precisions, compiled or not, heads one by one."""

from collections.abc import Callable
from functools import partial

import torch
from timing.cases import Case
from timing.measuring import Ways
from torch import Tensor

from mtlue.bounds import DEFAULT_EPSILON, to_float
from mtlue.generator import Generator
from mtlue.models import MultiTaskModel
from mtlue.tasks import Labels, task_losses

PLAIN, LAST = torch.contiguous_format, torch.channels_last


def memory_format(case: Case) -> Ways:
    """Generator and frozen surrogate, forward and backward; ours as on a CPU."""
    ways: Ways = {}
    formats = {"surrogate channels last": (PLAIN, LAST), "both contiguous": (PLAIN, PLAIN), "both": (LAST, LAST)}
    for name, (generators, surrogates) in formats.items():
        generator, (surrogate,) = case.generator().to(memory_format=generators), case.surrogates("tap")
        ways[name] = _step(case, generator, surrogate.to(memory_format=surrogates))
    return ways


def training_memory_format(case: Case) -> Ways:
    """A learner's or surrogate's own training: forward and backward to its weights; ours as on a CPU."""
    ways: Ways = {}
    batch = case.one_batch()
    for name, form in {"channels last": LAST, "contiguous": PLAIN}.items():
        model = case.surrogates("tap")[0].train().requires_grad_(True).to(memory_format=form)
        ways[name] = partial(_train, case, model, _cropped(case, to_float(batch.images)), batch.labels)
    return ways


def _train(case: Case, model: MultiTaskModel, images: Tensor, labels: Labels) -> None:
    task_losses(case.data.tasks, model(images), labels).sum().backward()


def compiled(case: Case) -> Ways:
    """The same, encoder, decoder and backbone compiled by torch (the first call, which compiles, is not counted)."""
    modes: dict[str, str | None] = {"eager": None, "torch.compile": "default"}
    if case.runtime.device.type == "cuda":
        modes["torch.compile with CUDA graphs"] = "reduce-overhead"
    ways: Ways = {}
    for name, mode in modes.items():
        generator, (surrogate,) = case.generator(), case.surrogates("tap")
        if mode is not None:
            assert generator.encoder is not None
            for module in (generator.encoder, generator.decoder, surrogate.backbone):
                module.compile(mode=mode)
        ways[name] = _step(case, generator, surrogate)
    return ways


def precision(case: Case) -> Ways:
    """The same under autocast."""
    (surrogate,) = case.surrogates("tap")
    eager = _step(case, case.generator(), surrogate)

    def mixed() -> None:
        with torch.autocast(case.device, torch.bfloat16):
            eager()

    return {"float32": eager, "bf16 autocast": mixed}


def heads(case: Case) -> Ways:
    """Heads and losses of all tasks, forward and backward."""
    batch, (model,) = case.one_batch(), case.surrogates("tap")
    features = torch.randn(case.batch, 256, device=case.runtime.device, requires_grad=True)
    tasks = case.data.tasks

    def together() -> None:
        task_losses(tasks, model._of_images(features), batch.labels).sum().backward()

    def one_by_one() -> None:
        losses = [task.loss(model._head(task)(features), batch.labels[task.name]) for task in tasks]
        torch.stack(losses).sum().backward()

    return {"all tasks at once": together, "one by one": one_by_one}


def _step(
    case: Case,
    generator: Generator,
    surrogate: MultiTaskModel,
) -> Callable[[], None]:
    batch = case.one_batch()
    images = to_float(batch.images)

    def step() -> None:
        views = _cropped(case, images + generator(images, batch.labels, DEFAULT_EPSILON))
        task_losses(case.data.tasks, surrogate(views), batch.labels).sum().backward()

    return step


def _cropped(case: Case, images: Tensor) -> Tensor:
    """What a surrogate sees of them."""
    return images[..., : case.crop, : case.crop]
