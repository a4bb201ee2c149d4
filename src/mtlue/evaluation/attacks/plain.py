"""Attacks that need nothing: an image is changed by any tool, and a learner trained as usual."""

from mtlue.evaluation.attacks.attack import Attack

PLAIN = (
    Attack("none", "trains on the images as they are", 0),
    Attack("jpeg10", "JPEG of quality 10", 1, "jpeg10", reference="Liu et al., ICML 2023"),
    Attack("grey", "greyscale", 2, "grey", reference="Liu et al., ICML 2023"),
    Attack("grey-jpeg10", "greyscale, then JPEG of quality 10", 3, "grey+jpeg10", reference="Liu et al., ICML 2023"),
    Attack("bits2", "two bits per channel", 4, "bits2", reference="Liu et al., ICML 2023"),
)
