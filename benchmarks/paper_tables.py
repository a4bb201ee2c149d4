"""The tables of our documents that show the paper's scores on a dataset that is not measured at full size here.

`published_tables.py` (make tables) writes one below this line, of a dataset in ``report/published.yaml``:

    <!-- paper on celeba -->

With records at full size, ``mtlue table`` prints the paper's scores next to ours, and takes the place of this one.
"""

from audit_tables import markdown

from mtlue.report.published import PublishedScore, published_scores

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
    rows = [(*_experiment(score), f"{100 * score.value:.2f}", NOT_MEASURED) for score in scores]
    return markdown(("trained on", "learner", "score", "paper, %", "mtlue at full size"), rows)


def _experiment(score: PublishedScore) -> tuple[str, str, str]:
    """What learners were trained on, what they were, and what was counted."""
    learner = ", ".join(text for text in (score.setting and score.setting.upper(), score.backbone) if text)
    return score.method or "protected images", learner or NOT_NOTED, f"{score.metric}, mean of {score.tasks} tasks"
