"""Which task a method protects least: the first line of every table."""

import math
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from mtlue.evaluation.summary import recovery
from mtlue.report.headings import telling_apart
from mtlue.report.results import UNCOUNTERED, Group, Method, Results


@dataclass(frozen=True)
class _Found:
    """One task's recovery by its headline metric, the mean over seeds."""

    group: Group
    method: Method
    task: str
    value: float


def least_protected(results: Results) -> str | None:
    """One sentence: each method's least protected task over all learners. None where no recovery is known.

    Tasks that a release leaves learnable on purpose do not count.
    """
    worst: dict[Method, _Found] = {}
    for found in _recoveries(results):
        if found.method not in worst or found.value > worst[found.method].value:
            worst[found.method] = found
    if not worst:
        return None
    names = dict(zip(results.groups, telling_apart([asdict(group) for group in results.groups]), strict=True))
    ordered = sorted(worst.values(), key=lambda found: -found.value)
    parts = [f"{its.method.label}: {its.task} {its.value:.3f} ({', '.join(names[its.group])})" for its in ordered]
    return f"least protected task, by recovery: {'; '.join(parts)}"


def _recoveries(results: Results) -> Iterator[_Found]:
    for group, methods in results.groups.items():
        clean = results.clean(replace(group, countermeasure=UNCOUNTERED))
        for method, seeds in methods.items():
            if method.kind != "method":
                continue
            values: dict[str, list[float]] = {}
            for seed, records in seeds.items():
                for task, record in records.items():
                    base, metric = clean.get(seed, {}).get(task), record.headline[task]
                    if base is not None and task not in record.unprotected:
                        direction, trivial = record.directions[task][metric], record.trivial[task][metric]
                        score = record.metrics[task][metric], base.metrics[task].get(metric, math.nan)
                        values.setdefault(task, []).append(recovery(*score, trivial, direction))
            for task, its in values.items():
                known = [value for value in its if not math.isnan(value)]
                if known:
                    yield _Found(group, method, task, statistics.fmean(known))
