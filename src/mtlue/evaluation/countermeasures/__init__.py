"""Countermeasures by name. Adding one: a file next to these, a row in ``COUNTERMEASURES`` and a row in its test."""

from dataclasses import replace

from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.evaluation.countermeasures.chain import Chain
from mtlue.evaluation.learner import NO_COUNTERMEASURE as NONE
from mtlue.registry import Choice, Registry, Row, split_outside_quotes

_HERE = "mtlue.evaluation.countermeasures"
COUNTERMEASURES: Registry[Countermeasure] = Registry(
    "countermeasure",
    "mtlue.countermeasures",
    {
        NONE: Row(f"{_HERE}.base:Countermeasure"),
        "jpeg": Row(f"{_HERE}.jpeg:Jpeg"),
        "webp": Row(f"{_HERE}.webp:Webp"),
        "bits": Row(f"{_HERE}.bit_depth:BitDepth"),
        "grey": Row(f"{_HERE}.greyscale:Greyscale"),
        "resize": Row(f"{_HERE}.resize:Resize"),
        "blur": Row(f"{_HERE}.blur:Blur"),
        "mean": Row(f"{_HERE}.mean:Mean"),
        "median": Row(f"{_HERE}.median:Median"),
        "bilateral": Row(f"{_HERE}.bilateral:Bilateral"),
        "gaussian-noise": Row(f"{_HERE}.gaussian_noise:GaussianNoise"),
        "low-pass": Row(f"{_HERE}.low_pass:LowPass"),
        "sharpen": Row(f"{_HERE}.sharpen:Sharpen"),
        "coin": Row(f"{_HERE}.coin:Coin"),
        "standardise": Row(f"{_HERE}.standardise:Standardise"),
        "equalise": Row(f"{_HERE}.equalise:Equalise"),
        "gamma": Row(f"{_HERE}.gamma:Gamma"),
        "contrast": Row(f"{_HERE}.contrast:Contrast"),
        "cutout": Row(f"{_HERE}.cutout:Cutout"),
        "cutmix": Row(f"{_HERE}.cutmix:CutMix"),
        "mixup": Row(f"{_HERE}.mixup:MixUp"),
        "randaugment": Row(f"{_HERE}.randaugment:RandAugment"),
        "trivialaugment": Row(f"{_HERE}.trivialaugment:TrivialAugment"),
        "contrastive": Row(f"{_HERE}.contrastive:Contrastive"),
        "distort": Row(f"{_HERE}.distort:Distort"),
        "ueraser": Row(f"{_HERE}.ueraser:UEraser"),
        "adversarial": Row(f"{_HERE}.adversarial_training:AdversarialTraining"),
        "feature-adversarial": Row(f"{_HERE}.feature_adversarial:FeatureAdversarialTraining"),
        "projection": Row(f"{_HERE}.projection:OrthogonalProjection"),
        "progressive": Row(f"{_HERE}.progressive:ProgressiveTraining"),
        "simple-net": Row(f"{_HERE}.simple_net:SimpleNetDenoising"),
        "dilution": Row(f"{_HERE}.dilution:Dilution"),
        "early-stopping": Row(f"{_HERE}.best_epoch:EarlyStopping"),
        "peak": Row(f"{_HERE}.best_epoch:Peak"),
        "last-layer": Row(f"{_HERE}.last_layer:LastLayer"),
        "autoencoder": Row(f"{_HERE}.autoencoder:RateLimitedAutoencoder"),
        "d-vae": Row(f"{_HERE}.d_vae:DVae"),
        "diffusion": Row(f"{_HERE}.diffusion:DiffusionPurification"),
        "self-supervised": Row(f"{_HERE}.self_supervised:SelfSupervised"),
        "purifier": Row(f"{_HERE}.purifier:Purifier"),
    },
    short={
        **{f"jpeg{quality}": f"jpeg:quality={quality}" for quality in (10, 30, 50, 75, 90)},
        **{f"webp{quality}": f"webp:quality={quality}" for quality in (10, 50)},
        **{f"bits{bits}": f"bits:bits={bits}" for bits in (2, 3)},
        "half": "resize:scale=0.5",
        "quarter": "resize:scale=0.25",
        **{f"blur{sigma}": f"blur:sigma={sigma}" for sigma in (1, 2)},
        "mean3": "mean:size=3",
        "median3": "median:size=3",
        "noise8": "gaussian-noise:sigma=8",
        "ueraser-lite": "ueraser:draws=1",
        "ueraser-max": "ueraser:share=1",
        "ueraser-max-jpeg": "ueraser:share=1,jpeg=true",
        "adversarial2": "adversarial:epsilon=2,step=0.5",
        "adversarial4": "adversarial:epsilon=4,step=1",
        "feature-adversarial4": "feature-adversarial:epsilon=4,step=1",
    },
    listed_by="mtlue evaluate --help",
)


def create(text: str) -> Countermeasure:
    """A fresh countermeasure, not fitted yet.

    >>> create("jpeg:quality=50").settings
    JpegSettings(quality=50)

    Args:
        text: its name, with settings where they are not the defaults, or several, one after another:
            ``jpeg:quality=50``, ``grey+jpeg10``.

    Raises:
        InputError: an unknown name or setting.
    """
    made = [_made(part) for part in _parts(text)]
    return made[0] if len(made) == 1 else Chain(made)


def canonical(text: str) -> str:
    """The one text of a countermeasure and its settings, by which records and keys know it.

    >>> canonical("grey+jpeg:quality=10")
    'grey+jpeg10'

    Raises:
        InputError: an unknown name or setting.
    """
    return "+".join(COUNTERMEASURES.text(COUNTERMEASURES.choice(part)) for part in _parts(text))


def keyed(text: str) -> str:
    """As :func:`canonical`, with the contents of files and folders in the place of their names: for keys.

    Raises:
        InputError: an unknown name or setting.
    """
    return "+".join(map(_keyed, _parts(text)))


def _keyed(part: str) -> str:
    choice = COUNTERMEASURES.choice(part)
    contents = _made(part).contents()
    return COUNTERMEASURES.text(Choice(choice.name, replace(choice.settings, **contents)) if contents else choice)


def _parts(text: str) -> list[str]:
    return split_outside_quotes(text, r"\+(?=[a-zA-Z])")


def _made(text: str) -> Countermeasure:
    choice = COUNTERMEASURES.choice(text)
    made: Countermeasure = COUNTERMEASURES.load(choice.name)(choice.settings)
    return made


__all__ = ["COUNTERMEASURES", "NONE", "Countermeasure", "canonical", "create", "keyed"]
