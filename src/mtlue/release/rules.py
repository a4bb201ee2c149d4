"""The text of a release's tasks file: written and proved by the same few lines."""

from collections.abc import Mapping
from typing import Any

import yaml


def rules_text(rules: Mapping[str, Any]) -> str:
    """YAML of the rule of each task, as a release holds it: one text for the same rules, and no comment in it."""
    text: str = yaml.safe_dump({"tasks": dict(rules)}, sort_keys=False, allow_unicode=True)
    return text
