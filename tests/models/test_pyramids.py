"""Which maps dense heads read, and what they make of them."""

import pytest
import torch
from torch import Tensor, nn

from mtlue.models.dense import ASPPHead, HalfSizeHead, UNetDecoder
from mtlue.models.pyramids import TimmPyramid, build_pyramid


@pytest.mark.parametrize(
    ("name", "side", "width", "shape"),
    [
        ("tiny", 64, 128, (16, 32, 32)),
        ("resnet18", 64, 512, (512, 8, 8)),  # dilated
        ("resnet50", 64, 2048, (2048, 8, 8)),
        ("densenet121", 64, 1024, (512 + 1024 + 1024, 8, 8)),  # not: 1/8, 1/16 and 1/32 together
        ("swin_tiny_patch4_window7_224", 224, 768, (192 + 384 + 768, 28, 28)),  # maps with channels last
        ("vit_b", 64, 768, (768, 4, 4)),
        ("vit_narrow", 64, 96, (96, 16, 16)),
    ],
)
def test_maps_are_those_of_an_eighth_where_a_network_has_such(
    name: str, side: int, width: int, shape: tuple[int, ...]
) -> None:
    pyramid = build_pyramid(name, 3, (side, side))
    with torch.no_grad():
        pooled, maps = pyramid.module.eval()(torch.rand(2, 3, side, side))
    assert pooled.shape == (2, width)
    assert pyramid.width == width
    assert maps.shape == (2, *shape)


@pytest.mark.parametrize("name", ["vit_b", "vgg16"])
def test_a_network_that_would_leave_out_a_border_sees_a_larger_image(name: str) -> None:
    module = build_pyramid(name, 3, (57, 43)).module.eval()
    images = torch.rand(1, 3, 57, 43)
    changed = images.clone()
    changed[..., -2:, -2:] = 1 - changed[..., -2:, -2:]
    with torch.no_grad():
        assert not torch.equal(module(images)[1][..., -1, -1], module(changed)[1][..., -1, -1])
    assert module.network.size == (64, 64)


class Maps(nn.Module):
    """Given maps, whatever the image."""

    def __init__(self, maps: list[Tensor]) -> None:
        super().__init__()
        self.maps = maps

    def forward(self, images: Tensor) -> list[Tensor]:
        return self.maps


def test_deeper_maps_stand_beside_those_of_an_eighth() -> None:
    maps = [torch.rand(2, 4, 8 // 2**i, 8 // 2**i) for i in (0, 1, 1, 2)]
    pooled, read = TimmPyramid(Maps(maps), [4, 8, 8, 16], channels_last=False)(torch.zeros(2, 3, 32, 32))
    torch.testing.assert_close(pooled, maps[3].mean((2, 3)))
    torch.testing.assert_close(read[:, :4], maps[2])
    torch.testing.assert_close(read[:, 4:].mean((2, 3)), maps[3].mean((2, 3)))


def test_the_decoder_joins_scales_of_odd_sizes() -> None:
    maps = [torch.rand(2, width, *size) for width, size in ((4, (29, 22)), (8, (15, 11)), (16, (8, 6)))]
    decoder = UNetDecoder((4, 8, 16), (5, 6)).eval()
    with torch.no_grad():
        deeper = decoder.scales[1](torch.cat([maps[1], nearest(maps[2], (15, 11))], 1))
        expected = decoder.scales[0](torch.cat([maps[0], nearest(deeper, (29, 22))], 1))
        assert torch.equal(decoder(maps), expected)
    assert expected.shape == (2, 5, 29, 22)


def nearest(maps: Tensor, size: tuple[int, int]) -> Tensor:
    rows = torch.arange(size[0]) * maps.shape[2] // size[0]
    columns = torch.arange(size[1]) * maps.shape[3] // size[1]
    return maps[:, :, rows][:, :, :, columns]


def test_the_half_size_head_gives_each_place_its_four_pixels() -> None:
    head = HalfSizeHead(6, 3).eval()
    maps = torch.rand(2, 6, 5, 4)
    with torch.no_grad():
        pixels, four = head(maps, (9, 8)), head.layers[:2](maps)
    assert pixels.shape == (2, 3, 9, 8)
    for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
        every_second = pixels[:, :, row::2, column::2]
        torch.testing.assert_close(every_second, four[:, 2 * row + column :: 4, : every_second.shape[2]])


@pytest.mark.parametrize(
    ("size", "rates"), [((36, 48), [12, 24, 36]), ((8, 8), [3, 5, 8]), ((18, 60), [6, 12, 18]), ((1, 1), [1, 1, 1])]
)
def test_dilations_shrink_with_the_maps(size: tuple[int, int], rates: list[int]) -> None:
    head = ASPPHead(4, 2, size).eval()
    convolutions = [each for each in head.modules() if isinstance(each, nn.Conv2d) and each.padding != (0, 0)]
    assert [each.dilation[0] for each in convolutions[:3]] == rates
    with torch.no_grad():
        assert head(torch.rand(2, 4, *size), (33, 50)).shape == (2, 2, 33, 50)
