"""What tests of releases through the command line share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from conftest import Outcome

Run = Callable[..., Outcome]
NOISE = ("--method", "noise")
VICTIM = "images/odd/picture 3.png"


def released(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "release/metadata.csv", dtype=str, keep_default_na=False)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(int)


def failed(outcome: Outcome) -> str:
    assert outcome.status == 1, outcome
    assert "Traceback" not in outcome.err
    return outcome.err
