"""The help of each command as the parser prints it: ``{commands}`` in a page stands for all of them."""

import contextlib
import io
import os

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from mtlue.cli import COMMANDS, main

COLUMNS = "92"


def help_of(*words: str) -> str:
    """What ``mtlue WORDS --help`` prints."""
    shown = io.StringIO()
    width = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = COLUMNS
    try:
        with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
            main([*words, "--help"])
    finally:
        os.environ.pop("COLUMNS")
        if width is not None:
            os.environ["COLUMNS"] = width
    return shown.getvalue().rstrip()


class Commands(SphinxDirective):
    """A section for each command: what it does, and its options."""

    def run(self) -> list[nodes.Node]:
        return [section for name, purpose in COMMANDS.items() for section in self._section(name, purpose)]

    def _section(self, name: str, purpose: str) -> list[nodes.Node]:
        section = nodes.section(ids=[f"mtlue-{name}"], names=[f"mtlue {name}"])
        text, sentence = help_of(name), purpose[0].upper() + purpose[1:] + "."
        block = nodes.literal_block(text, text, language="text")
        section += [nodes.title("", f"mtlue {name}"), nodes.paragraph("", sentence), block]
        self.state.document.note_explicit_target(section)
        return [section]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
