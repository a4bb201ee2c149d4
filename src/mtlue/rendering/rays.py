"""What a pinhole camera sees of scenes: the nearest surface of each ray, its depth and its normal."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from mtlue.rendering.scenes import FIELD, KINDS, Scenes

FLOOR, WALL, SOLIDS = 0, 1, 2
"""Surfaces of a scene by number: the floor, the walls, and from 2 on the solids."""
NOTHING = -1
Interval: TypeAlias = tuple[Tensor, Tensor]
"""Where a ray enters and leaves; it misses where it would leave before it enters."""


def pixel_rays(size: int) -> Tensor:
    """Rays through the centres of a square image's pixels, [3, H, W].

    In camera coordinates (x right, y up, z towards the viewer), of length 1 along the optical axis: (x, y, -1).
    """
    places = ((torch.arange(size) + 0.5) * 2 / size - 1) * math.tan(math.radians(FIELD / 2))
    y, x = torch.meshgrid(-places, places, indexing="ij")
    return torch.stack([x, y, -torch.ones_like(x)])


def cast(scenes: Scenes, rays: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest surface of each ray ([3, P], camera coordinates), and how many of its lengths away it is.

    Returns:
        int64 [N, P], ``NOTHING`` where a ray leaves the scene; float [N, P], infinite there. For :func:`pixel_rays`
        the latter is the depth along the optical axis.
    """
    world = to_world(rays[:, None], scenes)
    solids = [_solid_distances(scenes, world, slot) for slot in range(scenes.kind.shape[1])]
    distances = torch.stack([*_room_distances(scenes, world), *solids])
    nearest, surface = distances.min(0)
    return torch.where(nearest.isinf(), NOTHING, surface), nearest


@dataclass(frozen=True)
class Contact:
    """Where rays meet surfaces, [3, N, P] each: ``point`` and ``normal`` in the surface's own (turned, centred) frame,
    ``world`` the normal in the world's."""

    point: Tensor
    normal: Tensor
    world: Tensor


def contacts(scenes: Scenes, rays: Tensor, surface: Tensor, distance: Tensor) -> Contact:
    """Points and normals of what :func:`cast` found; all zero where it found nothing."""
    present = surface != NOTHING
    index = surface.clamp(min=0)
    room, turn = torch.zeros_like(scenes.centre[:, :SOLIDS]), scenes.room_turn[:, None].expand(-1, SOLIDS)
    angle = torch.cat([turn, scenes.turn], 1).gather(1, index)
    centre = _of_surfaces(torch.cat([room, scenes.centre], 1), index)
    half = _of_surfaces(torch.cat([room + 1, scenes.half], 1), index)
    hit = to_world(rays[:, None], scenes) * torch.where(present, distance, 0.0)
    hit[1] += scenes.height[:, None]
    point = rotate_about_y(hit - centre, -angle)
    kind = torch.cat([torch.full_like(scenes.kind[:, :SOLIDS], -1), scenes.kind], 1).gather(1, index)
    choices = {KINDS.index(name): normal(point / half) for name, normal in _NORMALS.items()}
    local = torch.where(surface == WALL, _wall_normals(scenes, point), _upright(point))
    for number, normal in choices.items():
        local = torch.where(kind == number, normal, local)
    local = local * present
    return Contact(point, local, rotate_about_y(local, angle))


def to_world(vectors: Tensor, scenes: Scenes) -> Tensor:
    """Directions [3, N or 1, P] from camera coordinates to the world's."""
    return _rotate_about_x(vectors, -scenes.pitch.deg2rad()[:, None])


def to_camera(vectors: Tensor, scenes: Scenes) -> Tensor:
    """Directions [3, N, P] from the world's coordinates to the camera's."""
    return _rotate_about_x(vectors, scenes.pitch.deg2rad()[:, None])


def length(vectors: Tensor) -> Tensor:
    """Of each of [3, ...]. (``norm`` and ``argmax`` over a first axis of three are several times slower.)"""
    return (vectors * vectors).sum(0).sqrt()


def largest_axis(vectors: Tensor) -> Tensor:
    """Which coordinate of each of [3, ...] is farthest from 0: 0, 1 or 2."""
    x, y, z = vectors.abs()
    return torch.where(z > torch.maximum(x, y), 2, (y > x).long())


def rotate_about_y(vectors: Tensor, angle: Tensor) -> Tensor:
    """[3, ...] rotated about y by radians."""
    (x, y, z), cos, sin = vectors, angle.cos(), angle.sin()
    return torch.stack([x * cos + z * sin, y, z * cos - x * sin])


def _rotate_about_x(vectors: Tensor, angle: Tensor) -> Tensor:
    """[3, ...] rotated about x by radians."""
    (x, y, z), cos, sin = vectors, angle.cos(), angle.sin()
    y, z = y * cos - z * sin, y * sin + z * cos
    return torch.stack([x.expand_as(y), y, z])


def _room_distances(scenes: Scenes, world: Tensor) -> Interval:
    """To the floor and to the walls, which are endless."""
    x, y, z = rotate_about_y(world, -scenes.room_turn[:, None])
    left, right, back = scenes.room.T[:, :, None]
    side = torch.where(x < 0, left, right) / x
    behind = torch.where(z < 0, back / z, torch.inf)
    floor = torch.where(y < 0, -scenes.height[:, None] / y, torch.inf)
    return floor, torch.minimum(side, behind)


def _solid_distances(scenes: Scenes, world: Tensor, slot: int) -> Tensor:
    """To one solid of each scene, [N, P]; infinite where a ray misses it or there is none."""
    distances = torch.full_like(world[0], torch.inf)
    for number, name in enumerate(KINDS):
        members = (scenes.kind[:, slot] == number).nonzero()[:, 0]
        angle, half = -scenes.turn[members, slot], scenes.half[members, slot].T
        origin = -scenes.centre[members, slot].T
        origin[1] += scenes.height[members]
        start = (rotate_about_y(origin, angle) / half)[:, :, None]
        way = rotate_about_y(world[:, members], angle[:, None]) / half[:, :, None]
        enter, leave = _INTERVALS[name](start, way)
        distances[members] = torch.where((enter < leave) & (enter > 0), enter, torch.inf)
    return distances


def _ball(start: Tensor, way: Tensor) -> Interval:
    """Of the points whose coordinates ([2 or 3, M, P]) have length at most 1."""
    a, b, c = (way * way).sum(0), (start * way).sum(0), (start * start).sum(0) - 1
    root = (b * b - a * c).sqrt()  # not a number where the ray misses: then no comparison holds
    return (-b - root) / a, (-b + root) / a


def _slab(start: Tensor, way: Tensor) -> Interval:
    """Of the points with one coordinate in -1..1."""
    first, second = (-1 - start) / way, (1 - start) / way
    return torch.minimum(first, second), torch.maximum(first, second)


def _both(one: Interval, other: Interval) -> Interval:
    return torch.maximum(one[0], other[0]), torch.minimum(one[1], other[1])


def _box(start: Tensor, way: Tensor) -> Interval:
    x, y, z = (_slab(start[axis], way[axis]) for axis in range(3))
    return _both(_both(x, y), z)


def _cylinder(start: Tensor, way: Tensor) -> Interval:
    return _both(_ball(start[[0, 2]], way[[0, 2]]), _slab(start[1], way[1]))


_INTERVALS: dict[str, Callable[[Tensor, Tensor], Interval]] = {"box": _box, "sphere": _ball, "cylinder": _cylinder}
"""Each solid as where a ray is inside it, in its own frame and in units of its half extents."""


def _box_normal(point: Tensor) -> Tensor:
    """Of the face that a point is nearest to. Points in units of half extents, as for all of these."""
    axis = largest_axis(point)
    return torch.stack([(axis == number) * point[number].sign() for number in range(3)])


def _sphere_normal(point: Tensor) -> Tensor:
    return point / length(point)


def _cylinder_normal(point: Tensor) -> Tensor:
    x, y, z = point
    around = torch.hypot(x, z)
    side = torch.stack([x / around, torch.zeros_like(y), z / around])
    return torch.where(y.abs() > around, _upright(point) * y.sign(), side)


_NORMALS = {"box": _box_normal, "sphere": _sphere_normal, "cylinder": _cylinder_normal}


def _wall_normals(scenes: Scenes, point: Tensor) -> Tensor:
    """Of the wall that a point in the room's frame is nearest to, into the room."""
    left, right, back = scenes.room.T[:, :, None]
    side = torch.minimum(point[0] - left, right - point[0])
    behind = (point[2] - back < side).float()
    inwards = torch.where(point[0] - left < right - point[0], 1.0, -1.0)
    return torch.stack([(1 - behind) * inwards, torch.zeros_like(behind), behind])


def _upright(point: Tensor) -> Tensor:
    return torch.tensor([0.0, 1.0, 0.0]).view(3, 1, 1).expand_as(point)


def _of_surfaces(vectors: Tensor, index: Tensor) -> Tensor:
    """[N, surfaces, 3] at [N, P] -> [3, N, P]."""
    return torch.stack([vectors[:, :, axis].gather(1, index) for axis in range(3)])
