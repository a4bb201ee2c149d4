"""What pages share: their templates, and how values are shown in them."""

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from mtlue.visible import visible


def templates() -> Environment:
    """Where pages find their templates."""
    return Environment(loader=PackageLoader("mtlue.report"), autoescape=select_autoescape(), finalize=shown)


def shown(value: object) -> object:
    """What a template prints: text from records in one line, its control characters written out."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
