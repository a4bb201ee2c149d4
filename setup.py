"""What pyproject.toml cannot say: the README as a package index shows it, where files of the repository are not there.

Links into the repository become absolute, from ``[project.urls] Repository``; while there is none, they become their
text, and pictures and links that stand alone in brackets are left out, so that nothing on the index leads nowhere. What
a checkout installs with ``pip install .`` the index installs by name.
"""

import re
import tomllib
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).resolve().parent
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#|mailto:)([^)\s]+)\)")
_BRACKETED = re.compile(rf"\s+\((?:{_LINK.pattern})\)")
_INSTALLED = re.compile(r"pip install ('?)\.(\[[a-z]+\])?(?: +# in a checkout$)?", re.MULTILINE)


def index_readme(text: str, repository: str | None) -> str:
    """The README with links that hold outside the repository.

    >>> index_readme("see [the guide](docs/guide.md#measure)", "https://example.org/mtlue")
    'see [the guide](https://example.org/mtlue/blob/main/docs/guide.md#measure)'
    >>> index_readme("![digits](docs/images/digits.png) see [the guide](docs/guide.md)", None)
    ' see the guide'
    >>> index_readme("`pip install '.[ui]'` ([how](docs/how-to/ui.md))", None)
    "`pip install 'mtlue[ui]'`"
    """

    def absolute(match: re.Match[str]) -> str:
        picture, shown, target = match.groups()
        if repository is None:
            return "" if picture else shown
        kind = "raw" if picture else "blob"
        return f"{picture}[{shown}]({repository.rstrip('/')}/{kind}/main/{target})"

    text = _INSTALLED.sub(r"pip install \1mtlue\2", text)
    return _LINK.sub(absolute, text if repository else _BRACKETED.sub("", text))


if __name__ == "__main__":
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    setup(
        long_description=index_readme((ROOT / "README.md").read_text(encoding="utf-8"), urls.get("Repository")),
        long_description_content_type="text/markdown",
    )
