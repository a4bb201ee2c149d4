"""Where a backbone's weights start: random, timm's own, out of a package, or a file (``init``)."""

import pickle
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import timm
import torch
from timm.models import clean_state_dict
from torch import Tensor, nn

from mtlue.errors import InputError
from mtlue.models.names import OWN, PACKAGE, RANDOM, TIMM
from mtlue.models.packaged import check_packaged
from mtlue.models.weight_files import SAFETENSORS, SOURCES
from mtlue.structured import reason

_WRAPPERS = ("state_dict", "model")
"""Keys under which training scripts save a network's tensors next to other things."""
_CLASSIFIERS = ("fc.", "AuxLogits.")
"""What the names of a classifier's tensors begin with in torchvision's files, besides those that timm states."""
_SHOWN = 3
_LONGEST = 200
"""Characters of another library's reason."""
Fit = Callable[[str, Tensor, Tensor], bool]


def timm_options(name: str, timm_name: str, init: str, in_channels: int, **structure: Any) -> dict[str, Any]:
    """The options of ``timm.create_model`` that give a network its first weights.

    Args:
        name: what the user calls the network.
        timm_name: what timm calls it.
        init: ``random``, ``timm``, ``package``, or a file of weights under timm's or torchvision's names.
        in_channels: 1 or 3; timm makes one channel of a file's three.
        structure: options that decide its tensors.

    Raises:
        InputError: the file cannot be read, or is not of this network; or no package has its weights.
    """
    _check_published(name, init)
    if init in (RANDOM, TIMM):
        return {"pretrained": init == TIMM}
    weights = packaged_tensors(timm_name) if init == PACKAGE else read_tensors(Path(init))
    with torch.device("meta"):
        plain = timm.create_model(timm_name, num_classes=0, **structure)
        whole = timm.create_model(timm_name, **structure)
    check_tensor_names(plain, weights, name, init, (*whole.state_dict(), *_stated(plain, "classifier"), *_CLASSIFIERS))
    check_shapes(plain, weights, name, init, _after_timms_changes(plain, in_channels))
    return {"pretrained": True, "pretrained_cfg_overlay": {"state_dict": weights}}


def packaged_tensors(timm_name: str) -> dict[str, Tensor]:
    """The weights of a network out of a package, under timm's names.

    Raises:
        InputError: no installed package has them, or its file is another than the known one.
    """
    weights = read_tensors(check_packaged(timm_name))
    with torch.device("meta"):
        names = timm.create_model(timm_name).state_dict()
    return dict(zip(names, weights.values(), strict=True))


def fill(module: nn.Module, name: str, init: str) -> None:
    """Give a network that timm does not have its first weights.

    Raises:
        InputError: ``init`` is ``timm`` or ``package``, or a file that cannot be read, lacks tensors, or has others.
    """
    if init == RANDOM:
        return
    _check_published(name, init)
    weights = read_tensors(Path(init))
    check_tensor_names(module, weights, name, init, unused=())
    check_shapes(module, weights, name, init, _same_shape)
    module.load_state_dict({key: weights.get(key, own) for key, own in module.state_dict().items()})


def check_tensor_names(
    module: nn.Module, weights: Mapping[str, Tensor], name: str, init: str, unused: Sequence[str]
) -> None:
    """Refuse a file that lacks tensors of a network, or holds others.

    Weights that are missing would silently stay random; superfluous ones show that the file is another network's.

    Args:
        unused: what the names of tensors begin with that the file may hold besides, those of a classifier.

    Raises:
        InputError: names the first ones.
    """
    own = module.state_dict()
    missing = [key for key in own if key not in weights and not key.endswith("num_batches_tracked")]
    if missing:
        raise InputError(
            f"{init} lacks {len(missing)} of the {len(own)} tensors of backbone '{name}' "
            f"({', '.join(missing[:_SHOWN])}; it holds {', '.join(list(weights)[:_SHOWN])}): give the file of this "
            "backbone, its tensors named as timm names them"
        )
    others = [key for key in weights if key not in own and not key.startswith(tuple(unused))]
    if others:
        raise InputError(
            f"{init} holds {len(others)} tensors that backbone '{name}' does not have ({', '.join(others[:_SHOWN])}): "
            "give the file of this backbone, or leave them out of the file"
        )


def check_shapes(module: nn.Module, weights: Mapping[str, Tensor], name: str, init: str, fits: Fit) -> None:
    """Refuse tensors of other shapes: of another network, or of one for images of other channels.

    Args:
        fits: (name, a tensor of the network, that of the file) -> whether the one can be filled from the other.

    Raises:
        InputError: names the first one.
    """
    for key, own in module.state_dict().items():
        if key in weights and not fits(key, own, weights[key]):
            raise InputError(
                f"{init} does not hold the weights of backbone '{name}' ({key} is {list(weights[key].shape)} in it, "
                f"not {list(own.shape)}): give a file of this backbone, for images of as many channels"
            )


def _same_shape(key: str, own: Tensor, given: Tensor) -> bool:
    return own.shape == given.shape


def _after_timms_changes(network: nn.Module, in_channels: int) -> Fit:
    """timm changes the channels of the first layer, resizes patches and tables of positions, and adds sides of 1."""
    first = _stated(network, "first_conv")

    def fits(key: str, own: Tensor, given: Tensor) -> bool:
        if key.startswith(first) and own.ndim == given.ndim == 4:
            return own.shape[0] == given.shape[0] and given.shape[1] in (own.shape[1], in_channels)
        return "pos" in key or _long_sides(own) == _long_sides(given)

    return fits


def _long_sides(tensor: Tensor) -> list[int]:
    return [side for side in tensor.shape if side > 1]


def _stated(network: Any, entry: str) -> tuple[str, ...]:
    """What the names of tensors begin with in layers that timm states: ``classifier`` or ``first_conv``."""
    layers = network.pretrained_cfg.get(entry) or ()
    return tuple(f"{layer}." for layer in ((layers,) if isinstance(layers, str) else layers))


def _check_published(name: str, init: str) -> None:
    if init in (TIMM, PACKAGE) and name in OWN:
        raise InputError(f"backbone '{name}' has no pretrained weights: choose resnet18 or another timm model")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors or .pth file by name; nothing else in it is unpickled.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    try:
        content = safetensors.torch.load_file(path) if path.suffix == SAFETENSORS else _unpickled(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): give a file of weights") from error
    except pickle.UnpicklingError as error:  # torch's own text is about how to unpickle it all the same
        raise InputError(
            f"{path} is not a file of weights, or holds other objects (a whole model), which are not read: {SOURCES}"
        ) from error
    except Exception as error:  # a malformed pickle ends in any error at all
        raise InputError(f"{path} is not a file of weights{_in_words(error)}: {SOURCES}") from error
    for wrapper in _WRAPPERS:
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict) or not content or not all(isinstance(value, Tensor) for value in content.values()):
        raise InputError(f"{path} holds no tensors by name: {SOURCES}")
    cleaned: dict[str, Tensor] = clean_state_dict(content)
    return cleaned


def _in_words(error: Exception) -> str:
    """Another library's reason in brackets; nothing where it is no more than a number."""
    text = reason(error)[:_LONGEST]
    return f" ({text})" if any(map(str.isalpha, text)) else ""


def _unpickled(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other protocols: what they cannot say is refused anyway
        return torch.load(path, map_location="cpu", weights_only=True)
