"""What a fit takes, told before it begins, and what it took. Imports nothing heavy."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FitPart:
    """A part of a fit that takes its steps in one way.

    Attributes:
        flops: floating-point operations of all its steps.
        backbone: of the network that most of them go through.
        images: of a step.
    """

    flops: float
    backbone: str
    images: int


@dataclass(frozen=True)
class FitRecord:
    """What happened while a method was fitted: curves by name, and seconds by stage.

    The numbers of a curve are evenly spaced over its training: ten per epoch for the generator, one for other models.
    """

    curves: dict[str, list[float]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
