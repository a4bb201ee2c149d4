"""What the page of an audit is made of: its report, and images as the strongest attacks see them."""

from collections.abc import Mapping

from torch import Tensor

from mtlue.evaluation.audits.detection import Detection
from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.hashing import subset_by_hash
from mtlue.report.audits.page import AuditPage
from mtlue.report.audits.table import strongest

IMAGES = 8
"""Images of each strip."""
STRIPS = 6
"""Attacks whose view is shown."""


def audit_page(report: AuditReport, data: ComparisonData, show_clean: bool = False) -> AuditPage:
    """The page of an audit.

    Args:
        report: with a learner at least.
        data: of the audit, for its pictures.
        show_clean: whether clean images are among them. Without, the page shows nothing but what is released anyway.
    """
    return AuditPage(
        report,
        [] if report.detection is None else sentences(Detection.from_json(report.detection)),
        views(report, data, show_clean),
        show_clean,
    )


def views(
    report: AuditReport, data: ComparisonData, show_clean: bool = False, count: int = IMAGES
) -> Mapping[str, Tensor]:
    """Released images, what the strongest attacks make of them, and the clean ones first where they are asked for.

    What has to learn first is not shown: that would be trained again.
    """
    few = subset_by_hash(data.protected.ids, count)  # the first ones by name are often of one kind
    protected = data.protected.take(few)
    (batch,) = protected.batches(len(few))
    clean = {"clean": data.clean.take(few).images[:]} if show_clean else {}
    seen = {"released": batch.images}
    used = {record.attack: record.learner.countermeasure for record in report.records}
    for one in strongest(report):
        countermeasure = create(used[one.attack])
        if countermeasure.treats_test and not countermeasure.learns and len(seen) < STRIPS + 1:
            seen[one.attack] = countermeasure.prepare_test(batch)
    return {**clean, **seen}


def sentences(found: Detection) -> list[str]:
    """What a detector finds, for people."""
    told = [
        (found.released, "released images from clean ones"),
        (found.released_against_noise, "released images from noise of the same epsilon"),
        (found.noise, "noise of the same epsilon from clean images"),
        (found.which, "the changed images of the release from those that it left alone"),
    ]
    beginning = f"A detector, trained on {found.pairs} pairs made with this tool and another secret, tells"
    return [f"{beginning} {what} with an AUC of {area:.2f} (0.5 is chance)." for area, what in told if area is not None]
