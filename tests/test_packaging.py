"""What is built for an index: its metadata, and the README as it is shown there."""

import re
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = spec_from_file_location("mtlue_setup", ROOT / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def links(text: str) -> list[str]:
    return re.findall(r"\]\(([^)]*)\)", text)


@pytest.mark.parametrize("repository", [None, "https://example.org/mtlue", "https://example.org/mtlue/"])
def test_no_link_of_the_index_leads_into_a_checkout(setup: ModuleType, repository: str | None) -> None:
    text = (ROOT / "README.md").read_text()
    shown = links(setup.index_readme(text, repository))
    assert all(link.startswith(("https://", "#")) for link in shown)
    if repository:
        assert len(shown) == len(links(text))
        assert "https://example.org/mtlue/blob/main/docs/reference/data.md#the-key" in shown


@pytest.mark.parametrize("repository", [None, "https://example.org/mtlue"])
def test_what_the_index_says_can_be_installed_from_there(setup: ModuleType, repository: str | None) -> None:
    shown = setup.index_readme((ROOT / "README.md").read_text(), repository)
    assert "pip install mtlue\n" in shown
    assert "pip install 'mtlue[ui]'" in shown
    assert not re.search(r"pip install '?\.", shown)


def test_links_that_hold_everywhere_stay(setup: ModuleType) -> None:
    text = "[a](https://a.org) [b](#b) [c](mailto:c@c.org) `[d]`"
    assert setup.index_readme(text, None) == text


def test_the_metadata_say_what_an_index_shows() -> None:
    assert PROJECT["authors"]
    assert {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)} <= set(PROJECT["classifiers"])
    assert {"pretrained", "purify", "completion", "dev"} <= set(PROJECT["optional-dependencies"])


def test_the_sdist_takes_what_tests_read() -> None:
    manifest = (ROOT / "MANIFEST.in").read_text()
    for folder in ("tests", "docs", "configs", "benchmarks"):
        assert f"graft {folder}" in manifest
    for name in ("Makefile", "constraints.txt", "CITATION.cff", "CHANGELOG.md", "CONTRIBUTING.md"):
        assert name in manifest
