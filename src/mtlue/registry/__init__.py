"""Classes by name, open to other packages, and the settings that each class owns. Imports nothing heavy."""

from mtlue.registry.registry import Choice, Registry, Row, setting_text, split_outside_quotes, whole_choices
from mtlue.registry.settings import Settings, field_help

__all__ = [
    "Choice",
    "Registry",
    "Row",
    "Settings",
    "field_help",
    "setting_text",
    "split_outside_quotes",
    "whole_choices",
]
