"""A parser for commands that find a perturbation: the settings of the chosen method are among its options."""

from collections.abc import Sequence

from jsonargparse import Namespace

from mtlue.cli import flag
from mtlue.cli.options import Parser, last_value
from mtlue.errors import spoken
from mtlue.methods.options import AUTO, MethodChoice, MethodOptions, methods_with, no_setting, settings_of


class MethodParser(Parser):
    """A parser that looks at ``--method`` first, and adds that method's settings.

    Args:
        command: its name.
        description: for its help.
        arguments: of the command line.
        groups: dataclasses of options, :class:`MethodOptions` among them.

    Raises:
        InputError: no method has the name that was given.
    """

    def __init__(self, command: str, description: str, arguments: Sequence[str], *groups: type) -> None:
        self._method = last_value(arguments, "method") or AUTO
        self._settings = settings_of(self._method)
        place = groups.index(MethodOptions) + 1
        super().__init__(command, description, *groups[:place], self._settings, *groups[place:])

    def method(self, options: Namespace) -> MethodChoice:
        """The method that the options describe.

        Raises:
            InputError: a value is out of range.
        """
        return self.read(options, MethodOptions).chosen(self.read(options, self._settings).changed())

    def elsewhere(self, option: str) -> str | None:
        return spoken(no_setting(self._method, option), flag) if methods_with(option) else None
