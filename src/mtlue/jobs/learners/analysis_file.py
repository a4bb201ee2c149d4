"""The file that an analysis leaves, and which releases the one that is there is of."""

from msgspec import Struct

from mtlue.errors import InputError, param
from mtlue.jobs.learners.reading import release_identity
from mtlue.jobs.requests.auditor import AnalyseRequest
from mtlue.structured import read_json_if_there

ANALYSIS = "analysis.json"


class _Kind(Struct):
    """What is read here of a kind of images."""

    release: str | None = None  # earlier versions did not keep it


class _Analysed(Struct):
    """What is read here of an analysis."""

    images: dict[str, _Kind] = {}


def refuse_other_analysis(request: AnalyseRequest) -> None:
    """Refuse to put an analysis in the place of one that has a release which this one leaves out.

    Raises:
        InputError: so it is, or the analysis that is there is damaged.
    """
    path = request.out / ANALYSIS
    there = read_json_if_there(path, _Analysed, "delete it")
    known = {} if there is None else {kind.release: name for name, kind in there.images.items() if kind.release}
    wanted = {release_identity(folder) for folder in request.protected}
    if missing := [name for release, name in known.items() if release not in wanted]:
        raise InputError(
            f"{path} is an analysis of other releases ({', '.join(missing)}): name another folder ({param('out')}), or "
            "delete that file"
        )
