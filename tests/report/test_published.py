from dataclasses import replace
from typing import Any

from table_records import record, rendered

from mtlue.report.records.published import published_scores
from mtlue.report.records.views import TableView

OUR_METHODS = {"clean", "noise", "em", "tap", "sep", "em-samplewise", "tap-samplewise", "sep-samplewise"}
OUR_METHODS |= {"lsp-patch", "lsp-average", "ar-patch", "ar-average"}


def test_the_papers_score_stands_next_to_the_same_experiment_alone() -> None:
    same = record("tap", dataset="celeba", backbone="resnet18")
    view = TableView(published=published_scores())
    assert "0.500 (paper 0.595)" in rendered([same], "markdown", view)
    assert "paper: Yu et al." in rendered([same], "terminal", view)
    assert "MTL: ours is the mean over 1 task, the paper's over 40" in rendered([same], "terminal", view)
    assert "0.5951" in rendered([same], "csv", view)
    others: list[dict[str, Any]] = [
        {"weighting": "uw"},
        {"countermeasure": "jpeg10"},
        {"label": "tap, half"},
        {"epsilon": 4.0},
        {"dataset": "d"},
    ]
    for other in others:
        different = record("tap", **{"dataset": "celeba", "backbone": "resnet18", **other})
        assert "paper" not in rendered([different], "markdown", view)
    assert "paper" not in rendered([same], "markdown", replace(view, per_task=True))
    assert "paper" not in rendered([same], "markdown")


def test_published_scores_are_of_what_we_know() -> None:
    scores = published_scores()
    assert len(scores) == 20
    for score in scores:
        assert score.source
        assert score.dataset in {"celeba", "chestxray14", "utkface"}
        assert score.method in OUR_METHODS or (score.method is None and score.note)
        assert score.setting in {"mtl", "stl"} or (score.setting is None and score.note)
        assert 0 < score.value < 1
    assert len({(score.dataset, score.method, score.setting) for score in scores}) == len(scores)
