"""Attacks that need nothing: an image is changed by any tool, and a learner trained as usual.

Ranks up to 9 are tried first: what gets most back of MTL-UE's releases of digits or of faces
(``docs/results/attacks.md``). Those from 50 are variants of them and milder ones.
"""

from mtlue.evaluation.attacks.attack import Attack

_SHORTCUTS = "Liu et al., ICML 2023"
_SHARPENING = "Kim and Sandoval-Segura, AdvML-Frontiers 2024"
_BENCHMARK = "APBench, Qin et al., TMLR 2024"
_DUNE = "DUNE, ICML 2026"

PLAIN = (
    Attack("none", "trains on the images as they are", 0),
    Attack("jpeg10", "JPEG of quality 10", 1, "jpeg10", reference=_SHORTCUTS),
    Attack("grey", "greyscale", 2, "grey", reference=_SHORTCUTS),
    Attack("webp10", "WebP of quality 10", 3, "webp10"),
    Attack("grey-jpeg10", "greyscale, then JPEG of quality 10", 4, "grey+jpeg10", reference=_SHORTCUTS),
    Attack("bits2", "only the two highest bits of each value", 5, "bits2", reference=_SHORTCUTS),
    Attack("half", "half the size, and back", 6, "half"),
    Attack("jpeg30", "JPEG of quality 30", 7, "jpeg30", reference=_SHORTCUTS),
    Attack("blur1", "Gaussian blur with a standard deviation of 1 pixel", 8, "blur1", reference=_BENCHMARK),
    Attack(
        "sharpen-low-pass",
        "random sharpening, then only the lowest 30 % of frequencies",
        9,
        "sharpen+low-pass",
        reference=_SHARPENING,
    ),
    Attack("noise8", "Gaussian noise with a standard deviation of 8/255", 50, "noise8", reference="MI-UE, ICLR 2026"),
    Attack("coin", "each pixel read from up to 2 pixels away", 51, "coin", reference="COIN, Li et al., AAAI 2025"),
    Attack("equalise", "histogram of each channel equalised", 52, "equalise", reference=_DUNE),
    Attack("median3", "median of 3x3 pixels around each", 53, "median3", reference=_SHORTCUTS),
    Attack(
        "bilateral",
        "bilateral filter: smooths areas, keeps edges",
        54,
        "bilateral",
        reference="Tomasi and Manduchi, ICCV 1998",
    ),
    Attack("quarter", "a quarter of the size, and back", 55, "quarter"),
    Attack("blur2", "Gaussian blur with a standard deviation of 2 pixels", 56, "blur2", reference=_BENCHMARK),
    Attack("bits3", "only the three highest bits of each value", 57, "bits3", reference=_SHORTCUTS),
    Attack("mean3", "mean of 3x3 pixels around each", 58, "mean3", reference=_SHORTCUTS),
    Attack("low-pass", "only the lowest 30 % of frequencies", 59, "low-pass", reference=_SHARPENING),
    Attack("standardise", "each channel standardised per image", 60, "standardise", reference=_DUNE),
    Attack("contrast", "twice the contrast", 61, "contrast"),
    Attack("gamma", "gamma of 2, which darkens", 62, "gamma"),
    Attack("jpeg50", "JPEG of quality 50", 63, "jpeg50", reference=_SHORTCUTS),
    Attack("webp50", "WebP of quality 50", 64, "webp50"),
    Attack("jpeg75", "JPEG of quality 75", 65, "jpeg75", reference=_SHORTCUTS),
    Attack("jpeg90", "JPEG of quality 90", 66, "jpeg90", reference=_SHORTCUTS),
)
