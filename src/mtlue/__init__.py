"""mtlue makes labelled image datasets unlearnable, and audits how well that holds.

Names are imported when first used, so that ``import mtlue`` costs nothing.
"""

from typing import TYPE_CHECKING

from mtlue._version import __version__
from mtlue.lazy import lazily

if TYPE_CHECKING:
    from mtlue.data import ArrayDataset, Batch, MultiTaskDataset, Pipeline, Sample
    from mtlue.data.loading import load
    from mtlue.data.options import DataOptions
    from mtlue.errors import InputError, MtlueError, OutputError, VerificationError
    from mtlue.jobs.audits.audit import AuditResult, audit
    from mtlue.jobs.protection.protect import protect
    from mtlue.jobs.releases.verify import verify
    from mtlue.methods import Scope
    from mtlue.protector import Protector
    from mtlue.runtime import Runtime
    from mtlue.tasks import Categorical, Depth, Normals, Regression, Segmentation

_HOMES = {
    "AuditResult": "mtlue.jobs.audits.audit",
    "audit": "mtlue.jobs.audits.audit",
    "Batch": "mtlue.data",
    "Categorical": "mtlue.tasks",
    "ArrayDataset": "mtlue.data",
    "DataOptions": "mtlue.data.options",
    "InputError": "mtlue.errors",
    "MtlueError": "mtlue.errors",
    "MultiTaskDataset": "mtlue.data",
    "OutputError": "mtlue.errors",
    "Pipeline": "mtlue.data",
    "Protector": "mtlue.protector",
    "Regression": "mtlue.tasks",
    "Segmentation": "mtlue.tasks",
    "Depth": "mtlue.tasks",
    "Normals": "mtlue.tasks",
    "Runtime": "mtlue.runtime",
    "Sample": "mtlue.data",
    "Scope": "mtlue.methods",
    "VerificationError": "mtlue.errors",
    "load": "mtlue.data.loading",
    "protect": "mtlue.jobs.protection.protect",
    "verify": "mtlue.jobs.releases.verify",
}

__all__ = [
    "ArrayDataset",
    "AuditResult",
    "Batch",
    "Categorical",
    "DataOptions",
    "Depth",
    "InputError",
    "MtlueError",
    "MultiTaskDataset",
    "Normals",
    "OutputError",
    "Pipeline",
    "Protector",
    "Regression",
    "Runtime",
    "Sample",
    "Scope",
    "Segmentation",
    "VerificationError",
    "__version__",
    "audit",
    "load",
    "protect",
    "verify",
]


__getattr__ = lazily(__name__, _HOMES)
