"""What of an audit's images gets into its page: released ones, and clean ones for whoever asks for them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from table_records import record

from conftest import random_dataset
from mtlue.data import Pipeline
from mtlue.evaluation.attacks import find_attack
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.hashing import subset_by_hash
from mtlue.report.audits.material import STRIPS, audit_page, views
from mtlue.report.pictures.figures import LARGEST_IN_STRIP, STRIP_GAP, strip_image

CLEAN = random_dataset(12)
RELEASED = replace(CLEAN, images=CLEAN.images // 2)
DATA = ComparisonData("d", CLEAN, RELEASED, random_dataset(8, seed=1), Pipeline((16, 16)), "tap", 8 / 255)


def report(*attacks: str) -> AuditReport:
    records = [
        record(kind, 0, {"shape": 0.9}, attack=name, countermeasure=find_attack(name).countermeasure)
        for name in attacks
        for kind in ("clean", "tap")
    ]
    known = [KnownAttack.of(find_attack(name)) for name in attacks]
    return AuditReport("d", "tap", 8.0, known, records, [], AuditCost(1.0, 1.0))


def test_clean_images_are_shown_on_request_alone() -> None:
    found, few = report("none", "grey", "autoencoder"), subset_by_hash(RELEASED.ids, 8)
    shown = views(found, DATA)
    assert list(shown) == ["released", "grey"]
    assert torch.equal(shown["released"], RELEASED.take(few).images[:])
    assert not any(torch.equal(images, CLEAN.take(few).images[:]) for images in shown.values())
    page = audit_page(found, DATA, show_clean=True)
    assert list(page.pictures) == ["clean", "released", "grey"]
    assert torch.equal(page.pictures["clean"], CLEAN.take(few).images[:])
    assert page.shows_clean


def test_as_many_attacks_are_shown_as_a_page_takes() -> None:
    attacks = ("jpeg10", "grey", "bits2", "half", "blur1", "median3", "gamma", "contrast")
    assert len(views(report(*attacks), DATA)) == STRIPS + 1


@pytest.mark.parametrize("channels", [1, 3])
def test_a_strip_holds_small_images_pixel_by_pixel(channels: int) -> None:
    images = random_dataset(3, channels, (17, 23)).images
    row = torch.from_numpy(np.array(strip_image(images).convert("RGB")))
    assert row.shape[1] == 3 * 23 + 2 * STRIP_GAP
    second = row[:, 23 + STRIP_GAP : 46 + STRIP_GAP].permute(2, 0, 1)
    assert torch.equal(second, images[1].expand(3, 17, 23))


def test_a_strip_makes_large_images_smaller() -> None:
    assert strip_image(random_dataset(2, 3, (100, 200)).images).size == (2 * LARGEST_IN_STRIP + STRIP_GAP, 48)
