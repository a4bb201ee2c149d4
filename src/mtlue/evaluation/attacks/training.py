"""Attacks that need compute: what happens inside the training."""

from mtlue.evaluation.attacks.attack import Attack

LONG = {"epochs": 40, "min_steps": 1000}
"""Adversarial training learns nothing from clean images in the usual number of epochs, nor of steps."""


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


TRAINING = (
    Attack("ueraser-max", "UEraser, the hardest of 5 draws", 5, "ueraser-max", {}, "compute", "Qin et al., 2023"),
    Attack(
        "projection",
        "orthogonal projection of linear directions",
        6,
        "projection",
        {},
        "compute",
        "Sandoval-Segura et al., NeurIPS 2023",
    ),
    _adversarial(4, "adversarial4", 7),
    Attack(
        "contrastive",
        "augmentation as strong as contrastive learning's",
        8,
        "contrastive",
        {},
        "compute",
        "Wang et al., NeurIPS 2024",
    ),
    Attack("ueraser", "UEraser", 20, "ueraser", {}, "compute", "Qin et al., 2023"),
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
        "UDP's public code",
    ),
    Attack("mixup", "MixUp", 26, "mixup", {}, "compute", "Zhang et al., ICLR 2018"),
    Attack("cutmix", "CutMix", 27, "cutmix", {}, "compute", "Yun et al., ICCV 2019"),
    Attack("cutout", "cutout", 28, "cutout", {}, "compute", "DeVries and Taylor, 2017"),
    Attack("randaugment", "RandAugment", 29, "randaugment", {}, "compute", "Cubuk et al., NeurIPS 2020"),
    Attack("trivialaugment", "TrivialAugment", 30, "trivialaugment", {}, "compute", "Müller and Hutter, ICCV 2021"),
)
