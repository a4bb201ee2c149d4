"""Embedded data with labels per pixel: simple solids in rooms, rendered with textures out of real photos.

A room with a floor and walls, one to four boxes, spheres and upright cylinders on the floor, one directional light, and
a camera that looks down by some degrees. Six tasks of five kinds; see ``TASKS``. Every pixel has a label.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from mtlue.data.embedded.numbered import Numbered
from mtlue.data.listing import TEST, TRAIN, Listing
from mtlue.data.options import DataOptions
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError, param
from mtlue.rendering.draws import Draws
from mtlue.rendering.rays import (
    FLOOR,
    NOTHING,
    SOLIDS,
    WALL,
    cast,
    contacts,
    pixel_rays,
    to_camera,
    to_world,
)
from mtlue.rendering.scenes import KINDS, MOST, PITCH, Scenes, draw_scenes
from mtlue.rendering.shading import Looks, draw_looks, shade
from mtlue.tasks import Categorical, Depth, Normals, Regression, Segmentation, Task

SIZE = 64
CROP = 56
COUNTS = {TRAIN: 2000, TEST: 500}
TASKS = (
    Segmentation("solid", ("floor", "wall", *KINDS)),
    Depth("depth", high=10.0),  # metres along the optical axis
    Normals("normals"),  # camera coordinates: x right, y up, z towards the viewer; mirroring negates x
    Categorical("count", tuple(str(number + 1) for number in range(MOST))),  # solids
    Categorical("largest", KINDS),  # kind of the solid that covers most pixels
    Regression("pitch", *PITCH),  # degrees below the horizon, to the hundredth
)
VISIBLE = 10
"""Pixels that every solid of an image covers at least, out of every second one in every second row of the central crop
(some 40 of all), so that the count can be seen."""

_CHUNK = 32
"""Scenes that are rendered at once: their maps stay in a processor's cache."""
_ATTEMPTS = 1000


@dataclass(frozen=True)
class SceneImages:
    """Rendered scenes.

    Attributes:
        scenes: what is where.
        images: uint8 [N, 3, 64, 64].
        surface: int8 [N, 64, 64]: 0 floor, 1 wall, 2 to 5 the solids in the scenes' order, -1 nothing.
        labels: task -> labels, [N, ...].
    """

    scenes: Scenes
    images: Tensor
    surface: Tensor
    labels: dict[str, Tensor]


def render_scenes(split: str, count: int, seed: int = 0, only: Sequence[int] | None = None) -> SceneImages:
    """Render ``count`` images of a split, or ``only`` some of them.

    Image i depends on the split, the seed and i alone, not on the others.
    """
    draws = Draws(split, count, seed, only)
    scenes, looks = arrange_scenes(draws), draw_looks(draws)
    chunks = [_render(scenes.take(chunk), looks.take(chunk)) for chunk in _chunks(torch.arange(draws.count))]
    maps = {field.name: torch.cat([getattr(chunk, field.name) for chunk in chunks]) for field in fields(_Maps)}
    images, surface = maps.pop("images"), maps.pop("surface")
    return SceneImages(scenes, images, surface, {**maps, **_image_labels(scenes, surface)})


def arrange_scenes(draws: Draws) -> Scenes:
    """Scenes whose solids are apart and all visible: each scene is redrawn until this holds."""
    scenes = draw_scenes(draws, 0)
    left = torch.arange(draws.count)
    for attempt in range(_ATTEMPTS):
        candidates = draw_scenes(draws, attempt)
        left_apart = left[candidates.apart()[left]]
        visible = [chunk[_all_visible(candidates.take(chunk))] for chunk in _chunks(left_apart) if len(chunk)]
        if visible:
            accepted = torch.cat(visible)
            scenes = scenes.replaced(accepted, candidates.take(accepted))
            left = left[~torch.isin(left, accepted)]
        if not len(left):
            return scenes
    raise InputError(f"no room for the solids of image {int(left[0])}: give another {param('data_seed')}")


def read_scenes(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``scenes``. Asking for more images than usual renders more, asking for fewer those alone."""
    wanted = Numbered.of(options, COUNTS)
    rendered = {
        split: render_scenes(split, max(numbers) + 1, options.data_seed, numbers)
        for split, numbers in wanted.numbers.items()
    }
    return Listing(
        tasks=TASKS,
        ids=wanted.ids,
        files=wanted.files,
        splits=wanted.splits,
        labels={task.name: torch.cat([drawn.labels[task.name] for drawn in rendered.values()]) for task in TASKS},
        pipeline=Pipeline(size=(SIZE, SIZE), crop=(CROP, CROP), channels=3),
        pixels=torch.cat([drawn.images for drawn in rendered.values()]),
    )


@dataclass(frozen=True)
class _Maps:
    """What a chunk of images holds for each pixel; dense tasks by their names."""

    images: Tensor
    surface: Tensor
    solid: Tensor
    depth: Tensor
    normals: Tensor


def _render(scenes: Scenes, looks: Looks) -> _Maps:
    rays = pixel_rays(SIZE).flatten(1)
    surface, distance = cast(scenes, rays)
    depth = torch.where(surface == NOTHING, 0.0, distance)
    contact = contacts(scenes, rays, surface, distance)
    pixel = float(rays[0, 1] - rays[0, 0])
    maps = _Maps(
        images=shade(looks, surface, depth, contact, pixel, to_world(rays[:, None], scenes)),
        surface=surface.to(torch.int8),
        solid=_classes(scenes, surface),
        depth=depth,
        normals=to_camera(contact.world, scenes).transpose(0, 1),
    )
    return _Maps(*(getattr(maps, field.name).unflatten(-1, (SIZE, SIZE)) for field in fields(_Maps)))


def _classes(scenes: Scenes, surface: Tensor) -> Tensor:
    """Class of each surface number, [N, P] int16."""
    room = torch.tensor([FLOOR, WALL]).expand(len(scenes), SOLIDS)
    classes = torch.cat([room, SOLIDS + scenes.kind], 1).gather(1, surface.clamp(min=0))
    return torch.where(surface == NOTHING, -1, classes).to(torch.int16)


def _image_labels(scenes: Scenes, surface: Tensor) -> dict[str, Tensor]:
    largest = _covered(surface).argmax(1)
    return {
        "count": scenes.present.sum(1) - 1,
        "largest": scenes.kind.gather(1, largest[:, None])[:, 0],
        "pitch": scenes.pitch.double().mul(100).round().div(100),
    }


def _covered(surface: Tensor) -> Tensor:
    """Pixels that each solid covers, [N, 4]."""
    return torch.stack([(surface == SOLIDS + slot).flatten(1).sum(1) for slot in range(MOST)], dim=1)


def _all_visible(scenes: Scenes) -> Tensor:
    """Whether every solid can be seen, [N] bool, as ``VISIBLE`` says."""
    margin = (SIZE - CROP) // 2
    rays = pixel_rays(SIZE)[:, margin : SIZE - margin : 2, margin : SIZE - margin : 2]
    covered = _covered(cast(scenes, rays.flatten(1))[0])
    return ((covered >= VISIBLE) | ~scenes.present).all(1)


def _chunks(index: Tensor) -> tuple[Tensor, ...]:
    return torch.split(index, _CHUNK)
