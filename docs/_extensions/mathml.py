"""Formulas as MathML, which browsers draw themselves: no script, no font and no network when a page is read."""

import re
from html import escape
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

_TAG = re.compile(r"\\tag\{(.+?)\}")


def inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def block(writer: Any, node: nodes.math_block) -> None:
    """A formula on a line of its own, with its number where it has one."""
    text = node.astext()
    tag = _TAG.search(text)
    number = f'<span class="equation-number">({escape(tag[1])})</span>' if tag else ""
    formula = convert(_TAG.sub("", text), display="block")
    writer.body.append(f'<div class="equation">{formula}{number}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
