"""Attacks that learn something before or besides the usual training: networks of the attacker's own."""

from mtlue.evaluation.attacks.attack import Attack
from mtlue.evaluation.attacks.pretrained import FINE, NETWORK, PROBE, starting

_PURIFIER = "Wang et al., BridgePure, 2024; Foerster et al., LightShed, USENIX Security 2025"
_CONTRAST = "Chen et al., ICML 2020; Wang et al., AUE, NeurIPS 2024"

LEARNED = (
    Attack(
        "purifier",
        "a U-Net takes the perturbation away: trained on 500 pairs made with this tool and another secret",
        5,
        "purifier",
        needs="our tool",
        reference=_PURIFIER,
    ),
    Attack(
        "purifier-probe",
        f"the purifier's images, then a linear probe on the frozen features of {NETWORK}, trained on other images",
        9,
        "purifier",
        starting("linear"),
        "our tool",
        f"{_PURIFIER}; BAIT (ICLR 2026)",
        recipe=PROBE,
    ),
    Attack(
        "purifier-pretrained",
        f"the purifier's images, then all of {NETWORK}, trained on other images before",
        11,
        "purifier",
        starting("all"),
        "our tool",
        f"{_PURIFIER}; BAIT (ICLR 2026)",
        recipe=FINE,
    ),
    Attack(
        "autoencoder",
        "reconstruction by an autoencoder of one bit per pixel, trained on the release",
        13,
        "autoencoder",
        needs="compute",
        reference="Yu et al., D-VAE, ICML 2024 (the idea)",
    ),
    Attack(
        "d-vae",
        "estimation of the perturbation by its labels, then reconstruction of the rest (D-VAE's two stages)",
        39,
        "d-vae",
        needs="compute",
        reference="Yu et al., D-VAE, ICML 2024",
    ),
    Attack(
        "self-supervised",
        "features learned without labels (SimCLR on the release), then the tasks on frozen features",
        45,
        "self-supervised",
        needs="compute",
        reference=_CONTRAST,
    ),
    Attack(
        "self-supervised-full",
        "features learned without labels in 1,000 epochs of batches of 512, then the tasks on frozen features",
        60,
        "self-supervised:epochs=1000,batch_size=512",
        needs="compute",
        reference=_CONTRAST,
        costly=True,
    ),
    Attack(
        "diffusion",
        "a diffusion model of such images takes the perturbation for noise: diffusion:model=FOLDER says which",
        90,
        "diffusion",
        needs="a large model",
        reference="Nie et al., DiffPure, ICML 2022; Dolatabadi et al., AVATAR, 2023",
    ),
)
