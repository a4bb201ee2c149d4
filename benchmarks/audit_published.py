"""An audit as it is published: its recoveries as the audit itself computed them, without the draws behind them."""

import math
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.records import readable_records
from mtlue.evaluation.recoveries.added import Added
from mtlue.evaluation.recoveries.recovery import PLAIN, Recovery
from mtlue.report.tables.precisions import precisions_counted
from mtlue.structured import read_json

_OPTIONAL = [name for name, kind in get_type_hints(Recovery).items() if NoneType in get_args(kind)]
"""What is None where there is none; other numbers that do not exist are NaN, which JSON writes as null."""


@dataclass(frozen=True)
class PublishedReport(AuditReport):
    """What tables are made of: every recovery, and the records of the plain clean learners alone.

    Attributes:
        found: every recovery's fields.
        precisions: precision -> how many of all the audit's records are of learners trained in it; empty in files of
            earlier versions.
    """

    found: list[dict[str, Any]] = field(default_factory=list)
    precisions: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, report: AuditReport) -> "PublishedReport":
        values = {item.name: getattr(report, item.name) for item in fields(AuditReport)}
        found = [asdict(one) for one in report.recoveries]
        return cls(**values, found=found, precisions=dict(precisions_counted(report.records)))

    @cached_property
    def recoveries(self) -> list[Recovery]:
        """What each attack gets back of each task, the most first: the audit's own numbers."""
        return [Recovery(**{name: _number(name, value) for name, value in one.items()}) for one in self.found]

    def thinned(self) -> "PublishedReport":
        """Without the records that no table needs."""
        return replace(self, records=[one for one in self.records if one.attack == PLAIN and one.condition == "clean"])


def read_published(path: Path) -> PublishedReport:
    """Read what ``audits.py`` published.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    return read_json(path, PublishedReport, "run benchmarks/audits.py again", before=_readable)


def _readable(values: Any) -> Any:
    return {**values, "records": readable_records(values["records"])}


def _number(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):  # the only field with fields of its own
        return Added(**{inner: _number(inner, number) for inner, number in value.items()})
    return math.nan if value is None and name not in _OPTIONAL else value
