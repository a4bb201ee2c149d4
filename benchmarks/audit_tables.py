"""The tables of our documents on attacks: all of them, and what they get back of each method's release.

`published_tables.py` (make tables) writes them below these lines:

    <!-- attacks -->
    <!-- audits of digits -->
    <!-- attackers of digits,digits_stronger -->

The last two are made from benchmarks/records/audit/digits-METHOD.json (and digits_stronger-METHOD.json), which
`audits.py` writes. Of more than three tasks they hold what comes back of all together
(mtlue.evaluation.recoveries.worst), of fewer what comes back of the worst.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from audit_published import PublishedReport, read_published

from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.attacks.tiers import TIERS, Tier
from mtlue.evaluation.audits.records import AuditReport, KnownAttack
from mtlue.evaluation.recoveries.arms import headline_score
from mtlue.evaluation.recoveries.recovery import PLAIN, Recovery
from mtlue.evaluation.recoveries.worst import FEW, Mean, means
from mtlue.report.audits.table import strongest
from mtlue.report.tables.precisions import audit_precision, short_name

RECORDS = Path(__file__).resolve().parent / "records" / "audit"
CONTROL = "noise"
METHODS = (CONTROL, "em", "tap", "sep", "lsp-patch", "ar-patch")
NOT_TRIED, UNDEFINED, NOT_NOTED = "not tried", "undefined", "not noted"


def attacks() -> str:
    """Every attack: name, what it does, what it needs and its reference; by what it needs, the first tried first."""
    known = sorted(ATTACKS.values(), key=lambda attack: (TIERS.index(KnownAttack.of(attack).tier), attack.rank))
    rows = [(f"`{one.name}`", one.title, one.needs, one.reference) for one in known]
    return markdown(("attack", "what it does", "needs", "reference"), rows)


def attackers(datasets: str, folder: Path = RECORDS) -> str:
    """What each kind of attacker gets back in the worst case, by their best attack.

    Args:
        datasets: names of audits in ``configs/audit``, with commas between them: each tried attacks of its own.
        folder: as of :func:`audits`.
    """
    several = [_reports(dataset, folder) for dataset in datasets.split(",")]
    of_methods = {method: [reports[method] for reports in several if method in reports] for method in several[0]}
    rows = [(f"`{method}`", *(_best(reports, tier) for tier in TIERS)) for method, reports in of_methods.items()]
    return markdown(("protected by", *TIERS), rows)


def _best(reports: Sequence[AuditReport], tier: Tier) -> str:
    """What counts most of what attacks of a tier get back, and which one; oracles, which nobody has, do not count."""
    tried: dict[str, Recovery | Mean] = {}
    for report in reports:
        names = {attack.name for attack in report.attacks if attack.tier == tier and not attack.oracle}
        known = {attack: one for attack, one in headlines(report).items() if not math.isnan(one.value)}
        tried |= {attack: one for attack, one in known.items() if attack in names}
    if not tried:
        return "not measured"
    best = max(tried, key=lambda attack: (tried[attack].adds, tried[attack].value))
    return f"{max(0.0, tried[best].value):.2f} `{best}`"


def headlines(report: AuditReport) -> dict[str, Recovery | Mean]:
    """Attack -> what it gets back: of all tasks together where they are many, else of the worst."""
    together: dict[str, Recovery | Mean] = {}
    for one in means(report.recoveries):
        if one.tasks > FEW:
            together.setdefault(one.attack, one)
    return together or {one.attack: one for one in strongest(report)}


def audits(dataset: str, folder: Path = RECORDS) -> str:
    """What each attack gets back in the worst case, method by method.

    Args:
        dataset: the audit's name in ``configs/audit``.
        folder: of the records, DATASET-METHOD.json.

    Raises:
        ValueError: there is no record of the dataset.
    """
    reports = _reports(dataset, folder)
    worst = {method: headlines(report) for method, report in reports.items()}
    scores = ("clean (trivial)", "", *(_scores(report) for report in reports.values()))
    rows = [
        (f"`{attack.name}`", attack.needs, *(cell(found.get(attack.name)) for found in worst.values()))
        for attack in _ordered(list(reports.values()))
    ]
    return markdown(("attack", "needs", *reports), [scores, *_precisions(reports), *rows])


def _reports(dataset: str, folder: Path) -> dict[str, PublishedReport]:
    files = {method: folder / f"{dataset}-{method}.json" for method in METHODS}
    reports = {method: read_published(file) for method, file in files.items() if file.is_file()}
    if not reports:
        raise ValueError(f"there is no {folder}/{dataset}-METHOD.json: benchmarks/audits.py writes them")
    return reports


def cell(one: Recovery | Mean | None) -> str:
    """``0.72 (0.65 to 0.80)``, with 0 for less than trivial; no interval of many tasks together.

    Where an attacker has clean images of their own, what these teach alone follows.
    """
    if one is None:
        return NOT_TRIED
    if isinstance(one, Mean):
        own = "" if one.control is None else f"; own images alone {max(0.0, one.control):.2f}"
        return f"{max(0.0, one.value):.2f}{own}"
    if not one.defined:
        return UNDEFINED
    interval = "" if math.isnan(one.low) else f" ({one.low:.2f} to {one.high:.2f})"
    alone = f"; own images alone {max(0.0, one.value - one.added.value):.2f}" if one.added else ""
    return f"{max(0.0, one.value):.2f}{interval}{alone}".replace("-", "\N{MINUS SIGN}")


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; a bar inside a text is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(text.replace('|', chr(92) + '|') for text in line)} |\n" for line in lines)


def _ordered(reports: Sequence[AuditReport]) -> list[KnownAttack]:
    """The attacks that were tried on any release, by what they need, those that get most back of any release first.

    The control, noise, says nothing of their strength; oracles come last.
    """
    reports = [report for report in reports if report.method != CONTROL] or reports
    known = {attack.name: attack for report in reports for attack in report.attacks}
    highest: dict[str, float] = {}
    for report in reports:
        for attack, one in headlines(report).items():
            value = -math.inf if math.isnan(one.value) else one.value
            highest[attack] = max(value, highest.get(attack, value))
    names = [name for name in highest if name in known]
    return sorted(
        (known[name] for name in names), key=lambda one: (one.oracle, TIERS.index(one.tier), -highest[one.name])
    )


def _scores(report: AuditReport) -> str:
    """Of the plain multi-task learner on clean images, and of the trivial predictor: means over tasks and seeds."""
    learners = [one for one in report.records if one.attack == PLAIN and one.condition == "clean"]
    chosen = [one for one in learners if one.learner.setting == "mtl"] or learners
    clean = list(_each(headline_score(one, task) for one in chosen for task in one.metrics))
    trivial = list(_each(one.trivial[task][one.headline[task]] for one in chosen for task in one.metrics))
    return f"{sum(clean) / len(clean):.2f} ({sum(trivial) / len(trivial):.2f})" if clean else NOT_TRIED


def _precisions(reports: Mapping[str, PublishedReport]) -> Iterator[Sequence[str]]:
    """A row with the precision of each audit's learners, unless it is float32 for all, or records do not name it."""
    if any(audit_precision(report.precisions) for report in reports.values()):
        texts = (", ".join(map(short_name, report.precisions)) or NOT_NOTED for report in reports.values())
        yield "precision", "", *texts


def _each(scores: Iterator[float]) -> Iterator[float]:
    return (score for score in scores if not math.isnan(score))
