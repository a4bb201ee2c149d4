"""Attacks that need compute: what happens inside the training."""

from mtlue.evaluation.attacks.attack import Attack

_UDP = "UDP's public code"
LONG = {"epochs": 60, "min_steps": 1000}
"""Adversarial training learns nothing from clean images in the usual number of epochs; MTL-UE's public code has 60."""


def _adversarial(levels: int, countermeasure: str, rank: int) -> Attack:
    return Attack(
        f"adversarial{levels}",
        f"adversarial training, radius {levels}/255",
        rank,
        countermeasure,
        needs="compute",
        reference="Madry et al., ICLR 2018; Liu et al., ICML 2023",
        least=LONG,
    )


def _ueraser(name: str, title: str, rank: int) -> Attack:
    return Attack(name, title, rank, name, needs="compute", reference="Qin et al., 2023")


TRAINING = (
    _ueraser("ueraser-max", "UEraser-max: the hardest of 5 draws", 8),
    Attack(
        "projection",
        "orthogonal projection of linear directions",
        2,
        "projection",
        {},
        "compute",
        "Sandoval-Segura et al., NeurIPS 2023",
    ),
    Attack(
        "projection-augmented",
        "orthogonal projection, then its source's augmentation: distortion, and CutMix of half of the batches",
        7,
        "projection+distort+cutmix:probability=0.5",
        needs="compute",
        reference="Sandoval-Segura et al., NeurIPS 2023",
    ),
    _adversarial(4, "adversarial4", 12),
    Attack(
        "contrastive",
        "augmentation as strong as contrastive learning's",
        5,
        "contrastive",
        {},
        "compute",
        "Wang et al., NeurIPS 2024",
    ),
    _ueraser("ueraser-max-jpeg", "UEraser-max, then JPEG of a random quality", 19),
    _ueraser("ueraser", "UEraser: the hardest of 5 draws in the first 30 % of the epochs, then one", 20),
    _ueraser("ueraser-lite", "UEraser-lite: one draw", 6),
    Attack(
        "progressive",
        "progressive training: shallow stages stop early",
        21,
        "progressive",
        {},
        "compute",
        "Dang et al., 2023",
    ),
    _adversarial(8, "adversarial", 22),
    _adversarial(2, "adversarial2", 23),
    Attack(
        "feature-adversarial4",
        "adversarial training on features, without labels, radius 4/255",
        24,
        "feature-adversarial4",
        needs="compute",
        reference="MTL-UE's public code, 2025",
        least=LONG,
    ),
    Attack(
        "simple-net",
        "denoising by a simple network, then contrastive-strength augmentation",
        25,
        "simple-net+contrastive",
        {},
        "compute",
        _UDP,
    ),
    Attack(
        "simple-net-full",
        "denoising by a simple network as wide as an image has values, then contrastive-strength augmentation",
        61,
        "simple-net:hidden=0+contrastive",
        needs="compute",
        reference=_UDP,
        costly=True,
    ),
    Attack("mixup", "MixUp", 26, "mixup", {}, "compute", "Zhang et al., ICLR 2018"),
    Attack("cutmix", "CutMix", 27, "cutmix", {}, "compute", "Yun et al., ICCV 2019"),
    Attack("cutout", "cutout", 28, "cutout", {}, "compute", "DeVries and Taylor, 2017"),
    Attack("randaugment", "RandAugment", 29, "randaugment", {}, "compute", "Cubuk et al., NeurIPS 2020"),
    Attack("trivialaugment", "TrivialAugment", 30, "trivialaugment", {}, "compute", "Müller and Hutter, ICCV 2021"),
)
