"""timm's names, read from its sources, are those that timm itself knows."""

import pytest
import timm

from mtlue.errors import InputError
from mtlue.models import timm_names
from mtlue.models.timm_names import check_backbone, names_of_timm, timm_name


def test_the_names_in_its_sources_are_those_that_timm_lists() -> None:
    current, deprecated = names_of_timm()
    assert current == {*timm.list_models()}
    assert all(timm.is_model(name) for name in deprecated)
    assert "resnet50.a1_in1k" not in current
    assert timm_name("resnet50.a1_in1k") == "resnet50.a1_in1k"


def test_a_model_that_another_package_registered_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(timm.models._registry._model_entrypoints, "stranger", lambda: None)
    check_backbone("stranger")


def test_where_its_sources_cannot_be_read_timm_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm_names, "names_of_timm", lambda: (frozenset(), frozenset()))
    check_backbone("resnet26")
    with pytest.raises(InputError, match="unknown backbone 'resnet27'"):
        check_backbone("resnet27")
