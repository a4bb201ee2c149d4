"""Ways of a generator's forward and backward passes, and of its optimiser's step."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from timing.cases import Case
from timing.measuring import Ways
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from mtlue.bounds import DEFAULT_EPSILON, to_float
from mtlue.generator.decoder import LightDecoder
from mtlue.generator.embeddings import resize_maps
from mtlue.methods.input_gradient import input_gradient
from mtlue.tasks import task_losses


def labels(case: Case) -> Ways:
    """Class maps to the decoder's first layer, forward and backward."""
    generator, batch = case.generator(), case.one_batch()
    embeddings, grid = generator.embeddings, generator.config.defaults.grid((case.size, case.size))
    decoder = generator.decoder
    assert isinstance(decoder, LightDecoder)
    layers = [layer for layer in (decoder.from_labels, decoder.labels_to_pixels) if layer is not None]

    def summed() -> None:
        maps = embeddings.summed(batch.labels, grid)
        sum(layer(maps).sum() for layer in layers).backward()

    def once_a_class() -> None:
        maps, weights = resize_maps(embeddings.table, grid), embeddings.weights(batch.labels)
        sum((weights @ layer(maps).flatten(1)).sum() for layer in layers).backward()

    def concatenated() -> None:
        maps = embeddings.stacked(batch.labels, grid)
        kernels = [layer.weight.repeat(1, len(embeddings.tasks), 1, 1) for layer in layers]
        torch.autograd.backward([F.conv2d(maps, kernel, padding=1).sum() for kernel in kernels])

    return {
        "maps picked and summed at the base grid, convolved once an image": summed,
        "each class's map convolved, picked by a matrix product": once_a_class,
        "all tasks' maps concatenated for each image": concatenated,
    }


def labels_applied(case: Case) -> Ways:
    """The same at inference: the embeddings do not change between batches."""
    generator, batch = case.generator().eval().requires_grad_(False), case.one_batch()
    embeddings, grid = generator.embeddings, generator.config.defaults.grid((case.size, case.size))
    decoder = generator.decoder
    assert isinstance(decoder, LightDecoder)
    layers = [layer for layer in (decoder.from_labels, decoder.labels_to_pixels) if layer is not None]
    tables = [layer(resize_maps(embeddings.table, grid)).flatten(1) for layer in layers]
    return {
        "maps picked and summed at the base grid, convolved once an image": lambda: [
            layer(embeddings.summed(batch.labels, grid)) for layer in layers
        ],
        "a constant table of each class's map, convolved before, picked by a matrix product": lambda: [
            embeddings.weights(batch.labels) @ table for table in tables
        ],
    }


def checkpoints(case: Case) -> Ways:
    """A step of SEP without the optimiser: 15 checkpoints."""
    generator, batch, surrogates = case.generator(), case.one_batch(), case.surrogates("sep")
    fitting, images = case.ours("sep"), to_float(batch.images)
    targets = fitting.objective.targets(case.data.tasks, batch.labels)
    stacked = stack_module_state(surrogates)

    def one(parameters: dict[str, Tensor], buffers: dict[str, Tensor], views: Tensor) -> Tensor:
        predictions = functional_call(surrogates[0], (parameters, buffers), (views,))
        return task_losses(case.data.tasks, predictions, targets)

    def summed() -> None:
        views = images + generator(images, batch.labels, DEFAULT_EPSILON)
        draws = [(views, dict(batch.labels))]
        _, (gradient,) = input_gradient(fitting.objective, surrogates, draws, case.runtime)
        views.backward(gradient)

    def ensemble() -> None:
        views = images + generator(images, batch.labels, DEFAULT_EPSILON)
        torch.func.vmap(one, in_dims=(0, 0, None))(*stacked, views).mean().backward()

    def a_pass_each() -> None:
        for surrogate in surrogates:
            views = images + generator(images, batch.labels, DEFAULT_EPSILON)
            fitting.objective.loss(surrogate, views, targets).backward()

    return {
        "one generator pass, the checkpoints' gradients summed": summed,
        "one generator pass, the checkpoints stacked as one ensemble": ensemble,
        "a generator pass for each checkpoint": a_pass_each,
    }


def working_size(case: Case) -> Ways:
    """The image's way through the generator, forward and backward."""
    images = to_float(case.one_batch().images)

    def layers(first: int, second: int) -> nn.Module:
        shuffled = first * second
        convolutions = [(3, 16, first), (16, 32, second), (32, 48, 1), (48, 48, 1), (48, 3 * shuffled**2, 1)]
        each = [nn.Sequential(nn.Conv2d(i, o, 3, s, 1), nn.InstanceNorm2d(o), nn.ReLU()) for i, o, s in convolutions]
        return nn.Sequential(*each, nn.PixelShuffle(shuffled)).to(images.device)

    ways = {
        "a quarter of each side, a pixel shuffle at the end": layers(2, 2),
        "half of each side, a pixel shuffle at the end": layers(2, 1),
        "full size": layers(1, 1),
    }

    def there_and_back(module: nn.Module) -> None:
        module(images).sum().backward()

    return {name: partial(there_and_back, module) for name, module in ways.items()}


def optimiser(case: Case) -> Ways:
    """A step of Adam on the generator's parameters."""
    ways: Ways = {}
    adam = torch.optim.Adam
    forms: dict[str, Callable[[list[nn.Parameter]], torch.optim.Adam]] = {
        "fused": partial(adam, fused=True),
        "foreach": partial(adam, foreach=True),
        "a loop": partial(adam, foreach=False),
    }
    for name, build in forms.items():
        parameters = list(case.generator().parameters())
        for parameter in parameters:
            parameter.grad = torch.randn_like(parameter)
        ways[name] = build(parameters).step
    return ways
