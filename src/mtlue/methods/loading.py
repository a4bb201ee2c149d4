"""A fitted method, back from its folder."""

from pathlib import Path

from mtlue.methods.base import Perturber
from mtlue.methods.registry import METHODS
from mtlue.methods.saving import SavedMethod
from mtlue.release.layout import PrivateFolder
from mtlue.runtime import Runtime
from mtlue.structured import refusing


def load_method(folder: Path, runtime: Runtime) -> Perturber:
    """A fitted method, as :meth:`mtlue.methods.Perturber.save` wrote it.

    Raises:
        InputError: the folder holds none, or a damaged one.
    """
    saved = SavedMethod.read(folder)
    with refusing(PrivateFolder(folder).generator_settings, "run protect again"):
        settings = saved.settings
        options = METHODS.settings(settings.method).of(settings.options)
        method: Perturber = METHODS.load(settings.method)(
            options, name=settings.method, epsilon=settings.epsilon, scope=settings.scope
        )
        return method.restore(saved, runtime)
