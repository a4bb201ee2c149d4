"""What is where: rooms with one to four solids on the floor, drawn so that none overlap."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from mtlue.rendering.draws import Draws

KINDS = ("box", "sphere", "cylinder")
MOST = 4
"""Solids in a scene."""
PITCH = (10.0, 40.0)
"""Degrees below the horizon that the camera looks at."""
FIELD = 60.0
"""Degrees that the camera sees across, and up and down."""

_FARTHEST = 18.0
"""Degrees below the horizon of the farthest place of a solid: some 4.6 m away."""
_ABOVE, _BELOW = 10.0, 22.0
"""Degrees around the optical axis between which solids are placed."""
_GAP = 0.03
_SMALLEST = 0.5
"""How far sizes shrink from attempt to attempt, so that four large solids in a flat view find a place, too."""
_SHAPES = {
    "box": ((0.55, 0.8), (0.6, 1.0)),
    "sphere": ((0.95, 0.95), (0.95, 0.95)),
    "cylinder": ((0.6, 0.9), (0.7, 1.2)),
}
"""Half width and half height in units of a solid's size: of about the same area for all kinds, so that each is the
largest about equally often."""


@dataclass(frozen=True)
class Scenes:
    """N scenes, in metres. The world's x points right, y up and z towards the viewer.

    The floor is y = 0. The camera is at (0, height, 0), looks along -z and down by its pitch. A turn is a rotation
    about y: a point (x, y, z) of a rotate_about_y frame is (x cos + z sin, y, z cos - x sin) in the world.

    Attributes:
        pitch: degrees, [N].
        height: of the camera, [N].
        room_turn: radians, [N].
        room: places of the walls in the room's turned frame, x = left, x = right, z = back, [N, 3].
        kind: index into ``KINDS``, -1 where there is no solid, [N, 4].
        centre: of each solid, [N, 4, 3].
        half: half its extents along its own axes, [N, 4, 3]; spheres and cylinders are round, cylinders upright.
        turn: radians, [N, 4].
    """

    pitch: Tensor
    height: Tensor
    room_turn: Tensor
    room: Tensor
    kind: Tensor
    centre: Tensor
    half: Tensor
    turn: Tensor

    def __len__(self) -> int:
        return len(self.pitch)

    def take(self, index: Tensor) -> "Scenes":
        """The scenes at ``index``."""
        return Scenes(*(getattr(self, field.name)[index] for field in fields(self)))

    def replaced(self, index: Tensor, others: "Scenes") -> "Scenes":
        """The same with ``others`` at ``index``."""
        changed = (getattr(self, f.name).index_copy(0, index, getattr(others, f.name)) for f in fields(self))
        return Scenes(*changed)

    @property
    def present(self) -> Tensor:
        """Which of the places of solids hold one, [N, 4] bool."""
        return self.kind >= 0

    def apart(self) -> Tensor:
        """Whether no solid reaches into another one or to the camera's foot, [N] bool."""
        reach = torch.where(self.present, _reach(self.half), -torch.inf)
        ground = self.centre[:, :, [0, 2]]
        free = torch.cdist(ground, ground) > reach[:, :, None] + reach[:, None] + _GAP
        beside = torch.eye(MOST, dtype=torch.bool) | free
        clear = (ground.square().sum(2).sqrt() > reach + _GAP).all(1)
        return beside.flatten(1).all(1) & clear


def draw_scenes(draws: Draws, attempt: int) -> Scenes:
    """Draw scenes that may overlap. Number and kind of the solids and the pitch are the same in each attempt."""
    kind = draws.integer_columns("kind", len(KINDS), MOST)
    kind[torch.arange(MOST) > draws.integers("count", MOST)[:, None]] = -1
    pitch, height = draws.between("pitch", *PITCH), draws.between(f"height {attempt}", 1.3, 1.7)
    half = _extents(draws, attempt, kind)
    centre = _places(draws, attempt, pitch, height, half)
    room_turn = draws.between(f"room turn {attempt}", -0.6, 0.6)
    return Scenes(
        pitch=pitch,
        height=height,
        room_turn=room_turn,
        room=_walls(draws, attempt, room_turn, centre, torch.where(kind >= 0, _reach(half), -torch.inf)),
        kind=kind,
        centre=centre,
        half=half,
        turn=draws.columns(f"turn {attempt}", 0, torch.pi, MOST),
    )


def _extents(draws: Draws, attempt: int, kind: Tensor) -> Tensor:
    size = draws.columns(f"size {attempt}", 0.36, 0.64, MOST) * max(_SMALLEST, 0.97**attempt)
    widths = [draws.columns(f"{side} {attempt}", 0, 1, MOST) for side in ("width", "depth", "tallness")]
    wide, tall = (torch.tensor([_SHAPES[name][part] for name in KINDS])[kind] for part in (0, 1))
    x, z = (wide[:, :, 0] + (wide[:, :, 1] - wide[:, :, 0]) * share for share in widths[:2])
    y = tall[:, :, 0] + (tall[:, :, 1] - tall[:, :, 0]) * widths[2]
    z = torch.where(kind == KINDS.index("box"), z, x)
    return size[:, :, None] * torch.stack([x, y, z], dim=2)


def _places(draws: Draws, attempt: int, pitch: Tensor, height: Tensor, half: Tensor) -> Tensor:
    """Centres of solids that stand on the floor where the camera looks."""
    nearest = (pitch + _BELOW)[:, None]
    farthest = (pitch - _ABOVE).clamp(min=_FARTHEST)[:, None]
    below = farthest + (nearest - farthest) * draws.columns(f"below {attempt}", 0, 1, MOST)
    away = height[:, None] / below.deg2rad().tan()
    angle = draws.columns(f"sideways {attempt}", -FIELD / 2, FIELD / 2, MOST) * 0.8
    depth = away * pitch.deg2rad().cos()[:, None] + (height * pitch.deg2rad().sin())[:, None]
    return torch.stack([depth * angle.deg2rad().tan(), half[:, :, 1], -away], dim=2)


def _walls(draws: Draws, attempt: int, room_turn: Tensor, centre: Tensor, reach: Tensor) -> Tensor:
    """Walls around the camera and all solids, nearer or farther."""
    cos, sin = room_turn.cos()[:, None], room_turn.sin()[:, None]
    x, z = (centre[:, :, 0] * cos - centre[:, :, 2] * sin), (centre[:, :, 0] * sin + centre[:, :, 2] * cos)
    left, right, back = ((side + reach).amax(1).clamp(min=0.5) for side in (-x, x, -z))
    gaps = draws.columns(f"gap {attempt}", 0.05, 1.8, 3)
    return torch.stack([-left - gaps[:, 0], right + gaps[:, 1], -back - gaps[:, 2]], dim=1)


def _reach(half: Tensor) -> Tensor:
    """Radius of a circle on the floor around each solid, whatever its turn."""
    return torch.hypot(half[..., 0], half[..., 2])
