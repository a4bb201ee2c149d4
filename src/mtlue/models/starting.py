"""Checks of where a backbone's weights start, before any library or image is loaded. Imports nothing heavy."""

from pathlib import Path

from mtlue.errors import InputError, param
from mtlue.models.names import OWN, PACKAGE, RANDOM, TIMM
from mtlue.models.packaged import find_packaged
from mtlue.models.weight_files import check_weights_file


def check_start(option: str, start: str, backbone: str, nothing: str = RANDOM) -> None:
    """Refuse weights that a backbone cannot start from.

    Args:
        option: that says where they come from.
        start: ``nothing``, ``timm``, ``package`` or a file.
        backbone: that they are for.
        nothing: what stands for no weights.

    Raises:
        InputError: names the option and what is at fault.
    """
    if start == nothing:
        return
    if start == PACKAGE:
        find_packaged(backbone)
    elif start == TIMM:
        if backbone in OWN:
            raise InputError(f"backbone '{backbone}' has no pretrained weights: choose resnet18 or another timm model")
    else:
        check_weights(option, Path(start), f"{nothing}, {TIMM}, {PACKAGE} or a file of weights", backbone)


def check_weights(option: str, path: Path, choices: str, backbone: str) -> None:
    """Refuse a file of weights that is none.

    Args:
        option: that names the file.
        choices: what may be given.
        backbone: that the weights are for.

    Raises:
        InputError: names the option and the file.
    """
    try:
        check_weights_file(path, backbone, choices)
    except InputError as error:
        raise InputError(f"{param(option)} {error.text}") from error
