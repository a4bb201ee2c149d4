import torch

from mtlue.data.embedded.digits import _glyphs, render_digits


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again, other = render_digits("train", 20), render_digits("train", 20), render_digits("train", 20, seed=1)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, other.images)


def test_an_image_does_not_depend_on_how_many_are_drawn() -> None:
    few, many = render_digits("train", 5), render_digits("train", 40)
    assert torch.equal(few.images, many.images[:5])
    assert torch.equal(few.labels, many.labels[:5])
    some = render_digits("train", 40, only=[7, 39])
    assert torch.equal(some.images, many.images[[7, 39]])
    assert torch.equal(some.labels, many.labels[[7, 39]])


def test_shapes_and_ranges() -> None:
    drawn = render_digits("test", 50)
    assert drawn.images.shape == (50, 3, 32, 32)
    assert drawn.images.dtype == torch.uint8
    assert drawn.labels.shape == (50, 2)
    assert drawn.masks.shape == (50, 2, 32, 32)
    assert drawn.masks.min() >= 0
    assert drawn.masks.max() <= 1


def test_digits_overlap_left_of_and_right_of_each_other() -> None:
    masks = render_digits("train", 200).masks.sum(2)
    centres = (masks * torch.arange(32)).sum(2) / masks.sum(2)
    assert (centres[:, 0] < centres[:, 1]).all()
    overlapping = ((masks > 0).all(1)).any(1)
    assert overlapping.float().mean() > 0.9


def test_train_and_test_share_no_digit_image() -> None:
    train, test = _glyphs("train", 0)[0], _glyphs("test", 0)[0]
    assert torch.cdist(test.flatten(1), train.flatten(1)).min() > 0
