"""Attacks of somebody who has clean images of their own, or an oracle's; and what the test does to the figures."""

from mtlue.evaluation.attacks.attack import Attack

_STOPPING = "Sandoval-Segura et al., 2022 (arXiv 2204.08615)"

CLEAN = (
    Attack(
        "dilution20",
        "a fifth as many clean images as released ones beside them",
        8,
        "dilution:share=0.2",
        needs="clean images",
        reference="Huang et al., ICLR 2021",
    ),
    Attack(
        "last-layer",
        "new heads, trained on clean images, on the features of a learner",
        16,
        "last-layer",
        needs="clean images",
        reference="Kirichenko et al., ICLR 2023",
    ),
    Attack(
        "dilution5",
        "clean images beside the released ones: 5 %",
        24,
        "dilution",
        needs="clean images",
        reference="Huang et al., ICLR 2021",
    ),
    Attack(
        "early-stopping",
        "the best epoch by 100 clean images",
        30,
        "early-stopping",
        needs="clean images",
        reference=_STOPPING,
    ),
    Attack(
        "peak",
        "the best epoch by the test images themselves: an oracle that nobody has",
        31,
        "peak",
        needs="compute",
        reference=_STOPPING,
        oracle=True,
    ),
    Attack(
        "dilution1",
        "clean images beside the released ones: 1 %",
        48,
        "dilution:share=0.01",
        needs="clean images",
        reference="Huang et al., ICLR 2021",
    ),
)

MISMATCH = Attack(
    "protected-test",
    "no attack: the plain learner, tested on protected images; a high score shows that it learned the perturbation",
    90,
    learner={"tested_on": "released"},
    oracle=True,
)
"""Tried where the release holds the test images; nobody who wants to know clean images gains anything by it."""
