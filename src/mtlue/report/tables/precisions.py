"""In which precision learners were trained, for the reader of a table: said where it is not float32 throughout."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mtlue.evaluation.records import Record
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.tables.headings import group_names
from mtlue.wording import counted

PRECISION = "Precision: "
"""How each of these notes begins."""
UNNAMED = ""
"""The precision of records of earlier versions, which do not name it."""
_USUAL = "32-true"
_NAMES = {
    _USUAL: "float32",
    "bf16-mixed": "bfloat16 (bf16-mixed)",
    "16-mixed": "float16 (16-mixed)",
    UNNAMED: "one that records of earlier versions do not name",
}
_APART = "differences as small as those between precisions say nothing"


def precision_notes(results: SortedRecords) -> Iterator[str]:
    """A sentence on all learners of a table, or on each of its groups where they differ; none where all are float32."""
    everywhere = {record.precision for record, _ in results.scored()}
    if _need_no_note(everywhere):
        return
    if len(everywhere) == 1:
        yield _all_in(*everywhere)
        return
    for group, name in group_names(results).items():
        methods: dict[str, dict[str, None]] = {}
        for method, seeds in results.groups[group].items():
            for precision in {record.precision: None for tasks in seeds.values() for record in tasks.values()}:
                methods.setdefault(precision, {})[method.label] = None
        yield f"{PRECISION}{name}: {_split(methods)}"


def precisions_counted(records: Sequence[Record]) -> Counter[str]:
    """Precision -> how many records are of learners trained in it."""
    return Counter(record.precision for record in records)


def audit_precision(precisions: Mapping[str, int]) -> str:
    """A sentence on an audit's learners, as :func:`precisions_counted`; nothing where all are float32."""
    if _need_no_note(precisions):
        return ""
    if len(precisions) == 1:
        return _all_in(*precisions)
    split = "; ".join(f"{short_name(one)}: {counted(count, 'record')}" for one, count in precisions.items())
    return f"{PRECISION}learners of several are compared with each other, so that {_APART}. {split}."


def short_name(precision: str) -> str:
    """``bfloat16 (bf16-mixed)``."""
    return _NAMES.get(precision, precision)


def _need_no_note(precisions: Mapping[str, int] | set[str]) -> bool:
    """Whether all are float32, which earlier versions used unless they were told otherwise."""
    return {*precisions} <= {_USUAL, UNNAMED}


def _all_in(precision: str) -> str:
    return f"{PRECISION}all learners were trained in {short_name(precision)}."


def _split(methods: Mapping[str, Mapping[str, None]]) -> str:
    """Which methods' learners were trained in which precision, and whose means are over several."""
    if len(methods) == 1:
        return f"all learners were trained in {short_name(*methods)}."
    split = "; ".join(f"{short_name(precision)} ({', '.join(labels)})" for precision, labels in methods.items())
    mixed = [
        label for label, count in Counter(one for labels in methods.values() for one in labels).items() if count > 1
    ]
    means = f" Means over learners of several precisions: {', '.join(mixed)}." if mixed else ""
    return f"learners were trained in several, so that {_APART}: {split}.{means}"
