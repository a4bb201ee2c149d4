"""RandAugment, TrivialAugment and contrastive-strength augmentation: torchvision's, image by image."""

from typing import Any

import pytest
import torch
from countering import generator, seen, smooth_images, views_of
from torch import Tensor
from torchvision.transforms import v2

from conftest import MIXED, random_dataset
from mtlue import InputError
from mtlue.bounds import to_float
from mtlue.data import Batch
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.library_draws import drawn_from
from mtlue.evaluation.countermeasures.photometric import fitting
from mtlue.models import MultiTaskModel
from mtlue.tasks import Categorical, Task

WHOLE: tuple[Task, ...] = (Categorical("shape", ("a", "b")),)


def contrastive(strength: float, *more: Any) -> Any:
    jitter = v2.ColorJitter(0.4 * strength, 0.4 * strength, 0.4 * strength, 0.1 * strength)
    crop = v2.RandomResizedCrop((24, 20), (1 - 0.9 * strength, 1))
    return v2.Compose([crop, *more, v2.RandomApply([jitter], 0.8 * strength), v2.RandomGrayscale(0.2 * strength)])


EXPECTED = {
    "distort": v2.Compose([v2.RandomAffine(10, scale=(0.8, 1.2), shear=10), v2.ColorJitter(0.2, 0.2, 0.2)]),
    "distort:degrees=40,zoom=0.5,colours=0.7": v2.Compose(
        [v2.RandomAffine(40, scale=(0.5, 1.5), shear=40), v2.ColorJitter(0.7, 0.7, 0.7)]
    ),
    "randaugment": v2.RandAugment(),
    "randaugment:operations=1,magnitude=20": v2.RandAugment(1, 20),
    "trivialaugment": v2.TrivialAugmentWide(),
    "contrastive": contrastive(1),
    "contrastive:strength=0.4": contrastive(0.4),
    "contrastive:flip=true": contrastive(1, v2.RandomHorizontalFlip()),
}


def augmented(text: str, images: Tensor, tasks: tuple[Task, ...] = WHOLE, seed: int = 0) -> Tensor:
    """What a countermeasure makes of uint8 images."""
    model = MultiTaskModel("tiny", tasks, images.shape[1], (images.shape[2], images.shape[3])).train()
    batch = Batch(to_float(images), {}, [f"{i}" for i in range(len(images))])
    return seen(create(text).disturb(model, batch, generator(seed)))


@pytest.mark.parametrize("text", list(EXPECTED))
def test_each_image_is_drawn_by_itself_as_torchvision_draws_it(text: str) -> None:
    images = smooth_images(count=12)
    with drawn_from(generator()):
        expected = torch.stack([EXPECTED[text](image) for image in images])
    assert torch.equal(augmented(text, images), to_float(expected))


@pytest.mark.parametrize("text", ["randaugment", "trivialaugment", "contrastive", "distort"])
@pytest.mark.parametrize(("channels", "sides"), [(1, (17, 23)), (3, (17, 23)), (1, (8, 8))])
def test_shapes_and_ranges_are_kept(text: str, channels: int, sides: tuple[int, int]) -> None:
    images = smooth_images(channels, 6, sides)
    views = augmented(text, images)
    assert views.shape == images.shape
    assert (views.min() >= 0) & (views.max() <= 1)
    assert not torch.equal(views, to_float(images))
    assert not torch.equal(views, augmented(text, images, seed=1))


@pytest.mark.parametrize("text", ["randaugment", "trivialaugment", "contrastive:flip=true", "ueraser-lite"])
def test_where_pixels_have_labels_none_is_moved(text: str) -> None:
    images = torch.full((60, 3, 16, 16), 60, dtype=torch.uint8)
    images[..., 10:] = 180  # an edge that no photometric operation moves; sharpening and blurring touch its neighbours
    text = text.replace(
        "ueraser-lite", "ueraser:draws=1,probability=0"
    )  # plasma changes pixels where they are, but not evenly

    def evenly(views: Tensor) -> Tensor:
        return torch.stack([(part - part[..., :1, :1]).abs().amax((1, 2, 3)) < 0.01 for part in _halves(views)]).all(0)

    assert evenly(augmented(text, images, MIXED)).all()
    assert not evenly(augmented(text, images)).all()


def _halves(views: Tensor) -> tuple[Tensor, Tensor]:
    return views[..., :9], views[..., 11:]


@pytest.mark.parametrize("kind", [v2.RandAugment, v2.TrivialAugmentWide])
def test_operations_that_move_pixels_are_the_only_ones_left_out(kind: Any) -> None:
    assert fitting(kind, WHOLE) is kind
    kept = set(fitting(kind, MIXED)._AUGMENTATION_SPACE)
    moving = {"ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"}
    assert kept == set(kind._AUGMENTATION_SPACE) - moving
    assert {"Brightness", "Equalize", "Posterize"} <= kept


def test_no_strength_changes_nothing() -> None:
    images = smooth_images()
    assert (augmented("contrastive:strength=0", images) - to_float(images)).abs().max() <= 2 / 255  # a resampling


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("randaugment:operations=0", "operations 0: give 1 or more"),
        ("randaugment:magnitude=31", "magnitude 31: give 30 at most"),
        ("contrastive:strength=1.2", "strength 1.2: give 1 at most"),
        ("contrastive:strength=nan", "strength nan: give 0 or more"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        create(text)


def test_draws_inside_leave_the_global_state_alone_and_differ_from_batch_to_batch() -> None:
    state, draw = torch.get_rng_state(), generator()
    drawn = []
    for _ in range(2):
        with drawn_from(draw):
            drawn.append(torch.rand(3))
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(*drawn)
    with drawn_from(generator()):
        assert torch.equal(torch.rand(3), drawn[0])


def test_images_that_are_not_whole_levels_are_rounded() -> None:
    data = random_dataset(4)
    views = views_of(data)
    model = MultiTaskModel("tiny", data.tasks, 3, (16, 16)).train()
    moved = Batch((views.images + 0.3 / 255).clamp(0, 1), views.labels, views.ids)
    first, second = (seen(create("trivialaugment").disturb(model, batch, generator())) for batch in (views, moved))
    assert torch.equal(first, second)
