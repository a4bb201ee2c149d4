"""Where a backbone's weights start: random, timm's own, or a file (``init``)."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import timm
import torch
from timm.models import clean_state_dict
from torch import Tensor, nn

from mtlue.errors import InputError
from mtlue.models.names import OWN, RANDOM, TIMM

_WRAPPERS = ("state_dict", "model")
"""Keys under which training scripts save a network's tensors next to other things."""
_SHOWN = 3


def timm_options(name: str, timm_name: str, init: str, **structure: Any) -> dict[str, Any]:
    """The options of ``timm.create_model`` that give a network its first weights.

    Args:
        name: what the user calls the network.
        timm_name: what timm calls it.
        init: ``random``, ``timm``, or a file of weights under timm's or torchvision's names.
        structure: options that decide its tensors.

    Raises:
        InputError: the file cannot be read, or does not hold all tensors of the network.
    """
    _check_published(name, init)
    if init in (RANDOM, TIMM):
        return {"pretrained": init == TIMM}
    weights = read_tensors(Path(init))
    with torch.device("meta"):
        plain = timm.create_model(timm_name, num_classes=0, **structure)
    check_complete(plain, weights, name, init)
    return {"pretrained": True, "pretrained_cfg_overlay": {"state_dict": weights}}


def fill(module: nn.Module, name: str, init: str) -> None:
    """Give a network that timm does not have its first weights.

    Raises:
        InputError: ``init`` is ``timm``, or a file that cannot be read, has missing tensors, or has others.
    """
    if init == RANDOM:
        return
    _check_published(name, init)
    weights = read_tensors(Path(init))
    check_complete(module, weights, name, init)
    try:
        module.load_state_dict({key: weights[key] for key in module.state_dict()})
    except RuntimeError as error:
        raise InputError(
            f"{init} does not hold the weights of backbone '{name}' ({' '.join(str(error).split())[:300]}): "
            "give the file of this backbone"
        ) from error


def check_complete(module: nn.Module, weights: Mapping[str, Tensor], name: str, init: str) -> None:
    """Refuse a file without all tensors of a network: they would stay random unnoticed.

    Raises:
        InputError: names the first ones.
    """
    missing = [key for key in module.state_dict() if key not in weights and not key.endswith("num_batches_tracked")]
    if missing:
        raise InputError(
            f"{init} lacks {len(missing)} of the {len(module.state_dict())} tensors of backbone '{name}' "
            f"({', '.join(missing[:_SHOWN])}; it holds {', '.join(list(weights)[:_SHOWN])}): give the file of this "
            "backbone, its tensors named as timm names them"
        )


def _check_published(name: str, init: str) -> None:
    if init == TIMM and name in OWN:
        raise InputError(f"backbone '{name}' has no pretrained weights: choose resnet18 or another timm model")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors or .pth file by name; nothing else in it is unpickled.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    try:
        content = safetensors.torch.load_file(path) if path.suffix == ".safetensors" else _unpickled(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): give a file of weights") from error
    except Exception as error:  # a malformed pickle ends in any error at all
        raise InputError(
            f"{path} is not a file of weights ({' '.join(str(error).split())[:200]}): give a .safetensors file, or a "
            ".pth file of tensors alone"
        ) from error
    for wrapper in _WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict) or not content or not all(isinstance(value, Tensor) for value in content.values()):
        raise InputError(f"{path} holds no tensors by name: give a .safetensors file, or a .pth file of a state dict")
    cleaned: dict[str, Tensor] = clean_state_dict(content)
    return cleaned


def _unpickled(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other protocols: what they cannot say is refused anyway
        return torch.load(path, map_location="cpu", weights_only=True)
