"""How surfaces look: photo textures in a random colour under one directional light."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor

from mtlue.rendering.draws import Draws
from mtlue.rendering.photos import photo_textures
from mtlue.rendering.rays import NOTHING, SOLIDS, Contact, largest_axis, length
from mtlue.rendering.scenes import MOST

SURFACES = SOLIDS + MOST
_PHOTOS = 2
_FACE_OFFSET = 1.7
"""Metres between the textures of a solid's faces, so that they differ."""


@dataclass(frozen=True)
class Looks:
    """Colours, textures and light of N scenes.

    Attributes:
        colour: of each surface, 0..1, [N, surfaces, 3].
        contrast: of its texture, [N, surfaces].
        photo: which photo the texture is from, [N, surfaces] int64.
        place: in that photo, texels, [N, surfaces, 2].
        scale: texels a metre, [N, surfaces].
        light: unit vector towards the light, world coordinates, [N, 3].
        ambient: share of the light that comes from everywhere, [N].
    """

    colour: Tensor
    contrast: Tensor
    photo: Tensor
    place: Tensor
    scale: Tensor
    light: Tensor
    ambient: Tensor

    def take(self, index: Tensor) -> "Looks":
        """Those of the scenes at ``index``."""
        return Looks(*(getattr(self, field.name)[index] for field in fields(self)))


def draw_looks(draws: Draws) -> Looks:
    """Looks do not depend on what a surface belongs to: no class can be read from a colour or a texture."""
    bright = draws.columns("brightness", 0.35, 0.85, SURFACES)
    tint = torch.stack([draws.columns(f"tint {channel}", -0.22, 0.22, SURFACES) for channel in range(3)], dim=2)
    azimuth, elevation = draws.between("azimuth", 0, 2 * torch.pi), draws.between("elevation", 0.5, 1.2)
    flat = elevation.cos()
    return Looks(
        colour=(bright[:, :, None] + tint).clamp(0.1, 0.95),
        contrast=draws.columns("contrast", 0.05, 0.14, SURFACES),
        photo=draws.integer_columns("photo", _PHOTOS, SURFACES),
        place=torch.stack([draws.columns(f"place {axis}", 0, 1000, SURFACES) for axis in (0, 1)], dim=2),
        scale=draws.columns("scale", 18, 45, SURFACES),
        light=torch.stack([flat * azimuth.cos(), elevation.sin(), flat * azimuth.sin()], dim=1),
        ambient=draws.between("ambient", 0.2, 0.4),
    )


def shade(looks: Looks, surface: Tensor, depth: Tensor, contact: Contact, pixel: float, ray: Tensor) -> Tensor:
    """Colours of what rays meet.

    Args:
        surface: which surface each ray meets, [N, P].
        depth: along the optical axis, [N, P].
        contact: where.
        pixel: side of a pixel at depth 1.
        ray: the rays' directions, world coordinates, [3, N, P].

    Returns:
        uint8 [N, 3, P]: albedo * (ambient + (1 - ambient) * max(0, normal . light)) (Lambert); black where a ray meets
        nothing. Nothing throws a shadow.
    """
    index = surface.clamp(min=0)
    frontal = ((ray * contact.world).sum(0).abs() / length(ray)).clamp(min=0.1)
    scale = looks.scale.gather(1, index)
    place = _on_faces(contact) * scale + torch.stack([looks.place[:, :, axis].gather(1, index) for axis in (0, 1)])
    # slanted surfaces are compressed along one axis only: the geometric mean of both
    texture = photo_textures().look_up(looks.photo.gather(1, index), place, depth * pixel * scale / frontal.sqrt())
    colour = torch.stack([looks.colour[:, :, channel].gather(1, index) for channel in range(3)])
    albedo = (colour + looks.contrast.gather(1, index) * texture).clamp(0, 1)
    direct = (contact.world * looks.light.T[:, :, None]).sum(0).clamp(min=0)
    light = looks.ambient[:, None] + (1 - looks.ambient[:, None]) * direct
    lit = torch.where(surface == NOTHING, 0.0, albedo * light)
    return (lit * 255).round().to(torch.uint8).transpose(0, 1)


def _on_faces(contact: Contact) -> Tensor:
    """Coordinates on a surface, metres, [2, N, P]: the two across the axis that its normal is nearest to.

    The texture is projected along an axis, as a carpet is laid on a floor.
    """
    axis = largest_axis(contact.normal)[None]
    face = axis[0] * _FACE_OFFSET
    across = [contact.point.gather(0, (axis + step) % 3)[0] + face for step in (1, 2)]
    return torch.stack(across)
