"""A fitted method, back from its folder."""

from pathlib import Path

from mtlue.errors import InputError
from mtlue.methods.base import Perturber
from mtlue.methods.registry import METHODS
from mtlue.methods.saving import SavedMethod
from mtlue.plugins import PLUGINS
from mtlue.release.layout import PrivateFolder
from mtlue.runtime import Runtime
from mtlue.structured import refusing


def load_method(folder: Path, runtime: Runtime) -> Perturber:
    """A fitted method, as :meth:`mtlue.methods.Perturber.save` wrote it.

    Raises:
        InputError: the folder holds none, or a damaged one.
    """
    saved = SavedMethod.read(folder)
    file = PrivateFolder(folder).generator_settings
    if saved.settings.method not in METHODS:  # none of ours goes away
        raise InputError(
            f"{file}: method '{saved.settings.method}' is from another package, or a later "
            f"mtlue: install it, and let {PLUGINS} name its module if that is how it is added"
        )
    with refusing(file, "run protect again"):
        settings = saved.settings
        options = METHODS.settings(settings.method).of_saved(settings.options)
        method: Perturber = METHODS.load(settings.method)(
            options, name=settings.method, epsilon=settings.epsilon, scope=settings.scope
        )
        return method.restore(saved, runtime)
