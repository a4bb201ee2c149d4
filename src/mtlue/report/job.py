"""``mtlue report``, end to end: an evaluation's records and its release to one HTML page."""

from dataclasses import replace
from pathlib import Path

from torch import Tensor

from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.records import RESULTS, read_records
from mtlue.jobs.evaluate import read_audit_data
from mtlue.jobs.private_folder import saved_curves
from mtlue.release.staging import PRIVATE
from mtlue.report.page import SHOWN_IMAGES, write_page
from mtlue.runtime import Runtime


def write_report(
    evaluation: Path, protected: Path | None, data: DataOptions | None, page: Path, runtime: Runtime
) -> Path:
    """Write the report of an evaluation.

    Args:
        evaluation: folder that holds ``results.json``.
        protected: the release that was evaluated; its images and curves are shown where it and ``data`` are given.
        data: where the clean images are.
        page: HTML file to write.

    Returns:
        ``page``.
    """
    records = read_records(evaluation / RESULTS)
    if not records:
        raise InputError(f"{evaluation / RESULTS} holds no records yet: let evaluate finish a learner first")
    images = _images(protected, data, runtime) if protected is not None and data is not None else None
    write_page(page, records, images, _fitting_curves(protected))
    return page


def _images(protected: Path, data: DataOptions, runtime: Runtime) -> tuple[Tensor, Tensor]:
    audit = read_audit_data(replace(data, limit_train=data.limit_train or SHOWN_IMAGES), protected, runtime)
    return audit.clean.images[:SHOWN_IMAGES], audit.protected.images[:SHOWN_IMAGES]


def _fitting_curves(protected: Path | None) -> dict[str, list[float]] | None:
    if protected is None:
        return None
    curves = saved_curves(protected / PRIVATE)
    return {name: values for name, values in curves.items() if not name.endswith("total")} or None
