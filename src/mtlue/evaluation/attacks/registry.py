"""Attacks by name, open to other packages."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from mtlue.errors import InputError
from mtlue.evaluation.attacks.attack import Attack
from mtlue.plugins import entry_paths, import_plugins, load_object

GROUP = "mtlue.attacks"
"""The entry points' group."""


class Attacks(Mapping[str, Attack]):
    """Name -> attack: those of this package, and those of others, which add theirs in one of two ways.

    - An entry point in their ``pyproject.toml``, whose name is the attack's name:
      ``[project.entry-points."mtlue.attacks"]`` ``ripples = "my_package:RIPPLES"``;
    - ``ATTACKS.register(Attack("ripples", ...))`` in a module that is imported. The command line imports the modules
      that the environment variable ``MTLUE_PLUGINS`` names.

    Args:
        own: the attacks of this package; no other package replaces one of them.
    """

    def __init__(self, own: Sequence[Attack]) -> None:
        self._own = {attack.name: attack for attack in own}
        self._registered: dict[str, Attack] = {}

    def register(self, attack: Attack) -> Attack:
        """Add an attack.

        Raises:
            InputError: another attack has its name.
        """
        if self._own.get(attack.name) or self._registered.get(attack.name, attack) != attack:
            raise InputError(f"there is already an attack '{attack.name}': choose another name")
        self._registered[attack.name] = attack
        return attack

    def __getitem__(self, name: str) -> Attack:
        return self._own.get(name) or self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Attack]:
        import_plugins()
        installed = {name: _loaded(name, path) for name, path in self._paths.items() if name not in self._own}
        return {**self._own, **installed, **self._registered}

    @cached_property
    def _paths(self) -> dict[str, str]:
        return entry_paths(GROUP)


def _loaded(name: str, path: str) -> Attack:
    """The attack of an entry point.

    Raises:
        InputError: it cannot be loaded, is something else, or has another name than its entry point.
    """
    found = load_object(path, f"attack '{name}'")
    if not isinstance(found, Attack) or found.name != name:
        raise InputError(f"attack '{name}' ({path}) is {found!r}: give an Attack of that name")
    return found
