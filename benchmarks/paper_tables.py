"""The tables of our documents that show the paper's scores on a dataset that is not measured at full size here.

`published_tables.py` (make tables) writes one below this line, of a dataset in ``report/records/published.yaml``:

    <!-- paper on celeba -->

With records at full size, ``mtlue table`` prints the paper's scores next to ours, and takes the place of this one.
"""

from collections.abc import Sequence

from audit_tables import markdown

from mtlue.report.records.published import PublishedScore, published_scores

NOT_MEASURED, NOT_NOTED = "not measured", "not noted"


def paper(dataset: str) -> str:
    """Each score of the paper on a dataset.

    Args:
        dataset: its name in ``published.yaml``.

    Raises:
        ValueError: no score of the paper on this dataset is known.
    """
    scores = [score for score in published_scores() if score.dataset == dataset]
    if not scores:
        raise ValueError(f"published.yaml holds no score on {dataset}")
    settings, metric = list(dict.fromkeys(score.setting for score in scores)), scores[0].metric
    head = [f"paper, {setting.upper()}" if setting else "paper" for setting in settings]
    methods = dict.fromkeys(score.method for score in scores)
    rows = [
        (method or "protected images", *(_value(scores, method, setting) for setting in settings), NOT_MEASURED)
        for method in methods
    ]
    return markdown((f"{metric} in %, trained on", *head, "mtlue at full size"), rows)


def _value(scores: Sequence[PublishedScore], method: str | None, setting: str | None) -> str:
    found = [score for score in scores if (score.method, score.setting) == (method, setting)]
    return f"{100 * found[0].value:.2f}" if found else NOT_NOTED
