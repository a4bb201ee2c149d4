"""What each way of saving time gains: ours, and the other ways of doing the same, each alone.

    OMP_NUM_THREADS=1 python benchmarks/levers.py                       # all of them, one thread
    python benchmarks/levers.py --only labels compiled --batch 128 --device cuda
    python benchmarks/levers.py --quick                                 # tiny: whether it runs

All ways of a lever run in this process and take turns. Prints a Markdown table: milliseconds (median, lowest and
highest in brackets), and times ours, formed turn by turn. Data are random and models untrained, which costs what real
ones do.
"""

import argparse
import atexit
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import torch
import torch.nn.functional as F
from PIL import Image
from timing.cases import Case
from timing.measuring import interleaved, ratios, spread
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from mtlue.bounds import DEFAULT_EPSILON, to_float
from mtlue.files import sha256
from mtlue.generator import Generator
from mtlue.generator.decoder import LightDecoder
from mtlue.generator.embeddings import resize_maps
from mtlue.methods.input_gradient import input_gradient
from mtlue.models import MultiTaskModel
from mtlue.release.formats import FORMATS, read_released_image
from mtlue.release.writer import Export, ImagePair, write_file
from mtlue.tasks import Labels, task_losses
from mtlue.threads import file_map, of_files

Ways = dict[str, Callable[[], object]]
"""What is measured of a lever: ours first."""


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


MEMORY_FORMATS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}


def memory_format(case: Case) -> Ways:
    """Generator and frozen surrogate, forward and backward."""
    ways: Ways = {}
    for name, form in MEMORY_FORMATS.items():
        generator, (surrogate,) = case.generator().to(memory_format=form), case.surrogates("tap")
        ways[name] = _step(case, generator, surrogate.to(memory_format=form))
    return ways


def training_memory_format(case: Case) -> Ways:
    """A surrogate's own training: forward and backward to its weights."""
    ways: Ways = {}
    batch = case.one_batch()
    for name, form in MEMORY_FORMATS.items():
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


def augmentation(case: Case) -> Ways:
    """Crop and flip of a batch."""
    images, draw = to_float(case.one_batch().images), torch.Generator().manual_seed(0)

    def each() -> Tensor:
        return torch.cat([case.pipeline.draw(image[None], draw).cut(image[None]) for image in images])

    return {"the whole batch at once": lambda: case.pipeline.draw(images, draw).cut(images), "image by image": each}


def stored(case: Case) -> Ways:
    """A shuffled batch of the training images, as floats on the device."""
    kept, device = torch.as_tensor(case.data.images[:]), case.runtime.device
    floats, order = to_float(kept), torch.randperm(len(kept), generator=torch.Generator().manual_seed(0))
    return {
        "uint8 to the device, floats there": lambda: to_float(kept[order].to(device)),
        "floats in memory, four times as many bytes": lambda: floats[order].to(device),
    }


def export(case: Case) -> Ways:
    """Eight batches perturbed, and written as PNG files with their hashes."""
    method, batch, form = case.method(), case.one_batch(), FORMATS["png"]

    def pairs() -> list[ImagePair]:
        return list(zip(batch.images.cpu(), method.protect(batch).cpu(), strict=True))

    def beside() -> None:
        with TemporaryDirectory() as folder, file_map((case.size, case.size)) as mapped:
            written = Export(mapped, form)
            for number in range(8):
                written.add(pairs(), _paths(folder, number, len(batch)), [None] * len(batch))
            written.finish()

    def after() -> None:
        with TemporaryDirectory() as folder:
            for number in range(8):
                for path, (_, image) in zip(_paths(folder, number, len(batch)), pairs(), strict=True):
                    write_file(path, image, None, form)

    return {
        "in threads, beside the next batch; small images one after another": beside,
        "one after another, after each batch": after,
    }


def file_threads(case: Case) -> Ways:
    """256 PNG files read with their hashes, as verify does (small images: --size 32)."""
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder)
    paths = _paths(folder, 0, 256)
    for path in paths:
        write_file(path, case.data.images[0], None, FORMATS["png"])

    def read(path: Path) -> None:
        sha256(path)
        read_released_image(path, 3, FORMATS["png"])

    def threads() -> None:
        with file_map(None) as mapped:
            list(mapped(read, paths))

    return {
        "in threads, small images one after another": lambda: list(of_files(read, paths, (case.size, case.size))),
        "in threads": threads,
    }


def _paths(folder: str, number: int, count: int) -> list[Path]:
    return [Path(folder) / f"{number}-{i}.png" for i in range(count)]


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


def png_levels(case: Case) -> Ways:
    """A batch of smooth pictures with a change of 8 levels at most, enlarged fourfold, encoded as PNG."""
    random = torch.Generator().manual_seed(0)

    def enlarged(side: int) -> Tensor:
        values = torch.rand(case.batch, 3, side, side, generator=random)
        return F.interpolate(values, (case.size, case.size), mode="bilinear")

    pixels = (8 + 230 * enlarged(8) + 16 * enlarged(case.size // 4)).to(torch.uint8)
    pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in pixels]

    def encoded(level: int) -> int:
        buffers = [BytesIO() for _ in pictures]
        for picture, buffer in zip(pictures, buffers, strict=True):
            picture.save(buffer, "PNG", compress_level=level)
        return sum(buffer.tell() for buffer in buffers)

    ours = FORMATS["png"].options["compress_level"]
    levels = (ours, *(level for level in (1, 6, 9) if level != ours))
    return {f"level {level}, {encoded(level):,} bytes": partial(encoded, level) for level in levels}


def start(case: Case) -> Ways:
    """Python's start, loading the libraries of ``mtlue protect``, and Python's end."""
    load, held = (
        "import gc, os, mtlue.jobs.protect",
        "import gc, os; gc.disable(); import mtlue.jobs.protect; gc.enable()",
    )
    codes = {
        "no garbage collection meanwhile, frozen at the end": f"{held}; gc.freeze()",
        "no garbage collection meanwhile, no end at all": f"{held}; os._exit(0)",
        "no garbage collection meanwhile": held,
        "as Python does": load,
    }
    return {way: partial(subprocess.run, [sys.executable, "-c", code], check=True) for way, code in codes.items()}


LEVERS = {
    "labels": labels,
    "labels-applied": labels_applied,
    "checkpoints": checkpoints,
    "working-size": working_size,
    "memory-format": memory_format,
    "training-memory-format": training_memory_format,
    "compiled": compiled,
    "precision": precision,
    "augmentation": augmentation,
    "stored": stored,
    "export": export,
    "file-threads": file_threads,
    "optimiser": optimiser,
    "heads": heads,
    "png-levels": png_levels,
    "start": start,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=LEVERS, default=list(LEVERS))
    parser.add_argument("--size", type=int, default=70)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--surrogate", default="resnet18")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="sizes that mean nothing")
    options = parser.parse_args(arguments)
    if options.quick:
        parser.set_defaults(size=32, batch=2, tasks=3, repeats=1)
        options = parser.parse_args(arguments)
    case = Case(options.size, options.batch, options.tasks, 1, options.surrogate, options.device)
    print(
        f"{case.size}x{case.size}, batch {case.batch}, {case.tasks} tasks, {case.surrogate}, {case.device}, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, {options.repeats} turns\n"
    )
    print("| lever | way | milliseconds | times ours |\n| --- | --- | ---: | ---: |")
    for name in options.only:
        ways = LEVERS[name](case)
        times = interleaved(ways, options.repeats, case.runtime.device)
        for way, seconds in times.items():
            milliseconds = spread([1000 * one for one in seconds])
            print(
                f"| {name} | {way} | {milliseconds} | {spread(ratios(seconds, times[next(iter(ways))]))} |", flush=True
            )


if __name__ == "__main__":
    main()
