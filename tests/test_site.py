"""The site builds without a warning, from what is in the repository, and its pages ask nothing of a network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mtlue.cli import COMMANDS

DOCS = Path(__file__).resolve().parents[1] / "docs"
FETCHED = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=["'](https?:|//)[^"']*["']""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    options: list[str | Path] = ["-W", "--keep-going", "-q", "-b", "html", "-d", out / "trees", DOCS, out / "html"]
    done = subprocess.run([sys.executable, "-m", "sphinx", *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out / "html"


def test_pages_fetch_nothing(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not FETCHED.search(text), page
        assert "Adding a table of contents" not in text, page  # the theme's word for a page that has two
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import )['\"]?(https?:|//)", style.read_text(encoding="utf-8")), style


def test_the_reference_is_made_from_the_code(site: Path) -> None:
    commands = (site / "reference/commands.html").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f'id="mtlue-{name}"' in commands
    assert "--fail-above NUMBER" in commands
    python = (site / "reference/python.html").read_text(encoding="utf-8")
    assert 'id="mtlue.Protector.fit"' in python or 'id="mtlue.protector.Protector.fit"' in python


def test_formulas_are_drawn_by_the_browser(site: Path) -> None:
    method = (site / "explanation/method.html").read_text(encoding="utf-8")
    assert method.count('<div class="equation">') >= 8
    assert "mathjax.js" not in method.lower()
