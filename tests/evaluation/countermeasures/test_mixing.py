"""Cutout, CutMix and MixUp: against torchvision with the same draws, and what becomes of labels."""

import pytest
import torch
import torch.nn.functional as F
from countering import batch_of, generator, seen, views_of
from torchvision.transforms import v2

from conftest import TensorDataset, mixed_dataset, random_dataset
from mtlue import InputError
from mtlue.bounds import to_float
from mtlue.data import Batch
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.library_draws import drawn_from
from mtlue.models import MultiTaskModel
from mtlue.tasks import Categorical, Task
from mtlue.training import Mixture

DENSE = ("region", "depth", "normals")


def model_of(data: TensorDataset, size: tuple[int, int] = (16, 16)) -> MultiTaskModel:
    return MultiTaskModel("tiny", data.tasks, data.images.shape[1], size).train()


def mixture(text: str, data: TensorDataset, seed: int = 0) -> Mixture:
    mixed = create(text).disturb(model_of(data), views_of(data), generator(seed))
    assert isinstance(mixed, Mixture)
    return mixed


@pytest.mark.parametrize(("text", "share"), [("cutout", 0.5), ("cutout:side=0.25", 0.25), ("cutout:side=1", 1)])
@pytest.mark.parametrize(("channels", "size"), [(3, (16, 16)), (1, (17, 23))])
def test_cutout_erases_a_square_that_edges_cut_off(
    text: str, share: float, channels: int, size: tuple[int, int]
) -> None:
    data = random_dataset(20, channels, size)
    views, side = views_of(data), round(share * min(size))
    changed_images = seen(create(text).disturb(model_of(data, size), views, generator()))
    draw = generator()
    centres = torch.stack([torch.randint(length, (20,), generator=draw) for length in size], dim=1)
    for image, changed, (row, column) in zip(views.images, changed_images, centres.tolist(), strict=True):
        top, left = row - side // 2, column - side // 2
        bottom, right = min(top + side, size[0]), min(left + side, size[1])
        top, left = max(top, 0), max(left, 0)
        expected = v2.functional.erase(image, top, left, bottom - top, right - left, torch.tensor(0.5))
        assert torch.equal(changed, expected)


@pytest.mark.parametrize(
    ("text", "transform"), [("cutmix", v2.CutMix), ("mixup", v2.MixUp), ("mixup:alpha=0.2", v2.MixUp)]
)
def test_images_and_labels_are_mixed_as_torchvision_mixes_them(text: str, transform: type) -> None:
    data = random_dataset(8)
    mixed, views = mixture(text, data), views_of(data)
    alpha = float(text.partition("=")[2] or 1)
    for task in data.tasks:
        with drawn_from(generator()):
            images, labels = transform(alpha=alpha, num_classes=task.channels)(views.images, data.labels[task.name])
        own, others = (F.one_hot(part[task.name], task.channels) for part in (mixed.labels, mixed.others))
        assert torch.equal(mixed.images, images)
        assert torch.allclose(mixed.share * own + (1 - mixed.share) * others, labels)


def test_the_share_of_cutmix_is_the_area_and_labels_per_pixel_are_cut_like_the_image() -> None:
    data = mixed_dataset()
    for seed in range(5):
        mixed, views = mixture("cutmix", data, seed), views_of(data)
        own = (mixed.images == views.images).all(1)
        assert mixed.share == pytest.approx(own[1].float().mean().item(), abs=0.02)
        for name in DENSE:
            label = views.labels[name]
            kept = own if label.ndim == 3 else own[:, None]
            expected = torch.where(kept, label, label.roll(1, 0))
            assert torch.equal(mixed.labels[name], expected)
            assert torch.equal(mixed.others[name], expected)
        assert torch.equal(mixed.others["kind"], views.labels["kind"].roll(1))


def test_mixup_is_a_weighted_mean_of_images_and_mixes_losses_of_all_labels() -> None:
    data = mixed_dataset()
    mixed, views = mixture("mixup", data), views_of(data)
    expected = mixed.share * views.images + (1 - mixed.share) * views.images.roll(1, 0)
    assert torch.allclose(mixed.images, expected)
    for name, label in views.labels.items():
        assert torch.equal(mixed.labels[name].nan_to_num(), label.nan_to_num())
        assert torch.equal(mixed.others[name].nan_to_num(), label.roll(1, 0).nan_to_num())


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_shares_are_spread_as_beta_says(alpha: float) -> None:
    data = random_dataset(2, size=(4, 4))
    model, views, draw, mixing = model_of(data), views_of(data), generator(), create(f"mixup:alpha={alpha}")
    shares = torch.tensor([mixing.disturb(model, views, draw).share for _ in range(250)])  # type: ignore[union-attr]
    expected = torch.distributions.Beta(alpha, alpha)
    assert shares.mean().item() == pytest.approx(0.5, abs=0.1)
    assert shares.var().item() == pytest.approx(expected.variance.item(), rel=0.35)


@pytest.mark.parametrize("name", ["cutmix", "mixup"])
@pytest.mark.parametrize("probability", [0.0, 0.5, 0.8])
def test_some_batches_are_mixed_and_all_others_stay_as_they_are(name: str, probability: float) -> None:
    data = random_dataset(2, size=(4, 4))
    model, views, draw = model_of(data), views_of(data), generator()
    mixing = create(f"{name}:probability={probability}")
    batches = [mixing.disturb(model, views, draw) for _ in range(200)]
    left = [batch for batch in batches if not isinstance(batch, Mixture)]
    assert all(torch.equal(images, views.images) for images in left)
    assert 1 - len(left) / 200 == pytest.approx(probability, abs=0.1)


def test_mixing_keeps_grey_images_and_odd_sizes() -> None:
    tasks: tuple[Task, ...] = (Categorical("shape", ("a", "b", "c")),)
    data = random_dataset(6, channels=1, size=(17, 23))
    model = MultiTaskModel("tiny", tasks, 1, (17, 23)).train()
    batch = Batch(to_float(data.images), {"shape": data.labels["shape"]}, data.ids)
    for text in ("cutmix", "mixup"):
        mixed = create(text).disturb(model, batch, generator())
        assert isinstance(mixed, Mixture)
        assert type(mixed.images) is torch.Tensor
        assert mixed.images.shape == (6, 1, 17, 23)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cutout:side=0", "side 0: give more than 0 and at most 1"),
        ("cutout:side=1.5", "side 1.5: give more than 0 and at most 1"),
        ("mixup:alpha=0", "alpha 0: give more than 0"),
        ("cutmix:alpha=nan", "alpha nan: give more than 0"),
        ("cutmix:probability=2", "probability 2.0: give 1 at most"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        create(text)


def test_prepared_images_are_left_alone() -> None:
    images = random_dataset(3).images
    for text in ("cutout", "cutmix", "mixup"):
        assert torch.equal(create(text).prepare(batch_of(images)), images)
