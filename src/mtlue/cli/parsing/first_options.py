"""The options of each command that matter most, which its help shows first. Every other one has its own group below."""

from collections.abc import Mapping, Sequence

TITLE = "The options that matter most"

FIRST: Mapping[str, Sequence[str]] = {
    "inspect": ("data", "dataset", "labels", "tasks", "sheet"),
    "protect": ("data", "out", "strength", "method", "preview"),
    "apply": ("private", "data", "out", "format", "overwrite"),
    "verify": ("folder", "data", "dataset"),
    "restore": ("private", "release", "out", "data"),
    "audit": ("folder", "budget", "fail_above", "only", "data"),
    "evaluate": ("protected", "out", "data", "settings", "seeds"),
    "benchmark": ("grid", "out", "dry_run", "workers", "data_root"),
    "analyse": ("protected", "out", "data", "seeds", "backbone"),
    "report": ("evaluations", "protected", "data", "out"),
    "table": ("records", "metric", "per_task", "format", "out"),
    "demo": ("out", "overwrite", "strength", "method", "seeds"),
    "ui": ("folder", "work", "browser", "port", "limit"),
    "cache": ("clear", "cache"),
}
"""Command -> names of options, five at most; those that a command does not have are passed over. A command without an
entry has no options."""
