"""A parser for commands that find a perturbation: the settings of the chosen method are among its options."""

from collections.abc import Sequence

from mtlue.cli.parsing.options import Given, Parser, first_look
from mtlue.errors import param
from mtlue.faults import Faults
from mtlue.methods.options import AUTO, AutoSettings, MethodChoice, MethodOptions, methods_with, no_setting, settings_of
from mtlue.registry import Settings


class MethodParser(Parser):
    """A parser that looks at ``--method`` first, and adds that method's settings.

    Args:
        command: what is run.
        description: what it does.
        arguments: of the command line.
        groups: dataclasses of options, :class:`MethodOptions` among them.
        words: as for :class:`Parser`.
    """

    def __init__(
        self, command: str, description: str, arguments: Sequence[str], *groups: type, words: Sequence[str] = ()
    ) -> None:
        given, origin = first_look(arguments, "method")
        self._method = given or AUTO
        wrong = Faults()
        self._settings: type[Settings] = AutoSettings
        with wrong.gathered(origin):
            self._settings = settings_of(self._method)
        place = groups.index(MethodOptions) + 1
        super().__init__(command, description, *groups[:place], self._settings, *groups[place:], words=words)
        self.faults.add(*wrong.texts)

    def method(self, given: Given) -> MethodChoice:
        """The method that the options describe.

        Raises:
            InputError: a value is out of range.
        """
        return given[MethodOptions].chosen(given[self._settings].changed())

    def elsewhere(self, name: str) -> str | None:
        if not methods_with(name):
            return None
        if self.faults:  # of a method that there is not, nobody knows the settings
            return f"{param(name)} is a setting of {', '.join(methods_with(name))}"
        return no_setting(self._method, name)
