"""How a perturbation is found: methods by name, what can be set of each, and the epsilon contract that all keep."""

from typing import TYPE_CHECKING

from mtlue.lazy import lazily

if TYPE_CHECKING:
    from mtlue.methods.base import Perturber
    from mtlue.methods.loading import load_method
    from mtlue.methods.options import AUTO, MethodChoice, default_method
    from mtlue.methods.registry import METHODS
    from mtlue.methods.scope import Scope
    from mtlue.methods.work import FitRecord

__getattr__ = lazily(
    __name__,
    {
        "AUTO": "mtlue.methods.options",
        "METHODS": "mtlue.methods.registry",
        "FitRecord": "mtlue.methods.work",
        "MethodChoice": "mtlue.methods.options",
        "Perturber": "mtlue.methods.base",
        "Scope": "mtlue.methods.scope",
        "default_method": "mtlue.methods.options",
        "load_method": "mtlue.methods.loading",
    },
)

__all__ = ["AUTO", "METHODS", "FitRecord", "MethodChoice", "Perturber", "Scope", "default_method", "load_method"]
