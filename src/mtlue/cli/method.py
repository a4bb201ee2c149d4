"""A parser for commands that find a perturbation: the settings of the chosen method are among its options."""

from collections.abc import Sequence

from mtlue.cli.options import Given, Parser, first_look
from mtlue.methods.options import AUTO, MethodChoice, MethodOptions, methods_with, no_setting, settings_of


class MethodParser(Parser):
    """A parser that looks at ``--method`` first, and adds that method's settings.

    Args:
        command: what is run.
        description: what it does.
        arguments: of the command line.
        groups: dataclasses of options, :class:`MethodOptions` among them.

    Raises:
        InputError: no method has the name that was given.
    """

    def __init__(self, command: str, description: str, arguments: Sequence[str], *groups: type) -> None:
        self._method = first_look(arguments, "method") or AUTO
        self._settings = settings_of(self._method)
        place = groups.index(MethodOptions) + 1
        super().__init__(command, description, *groups[:place], self._settings, *groups[place:])

    def method(self, given: Given) -> MethodChoice:
        """The method that the options describe.

        Raises:
            InputError: a value is out of range.
        """
        return given[MethodOptions].chosen(given[self._settings].changed())

    def elsewhere(self, name: str) -> str | None:
        return no_setting(self._method, name) if methods_with(name) else None
