"""``mtlue ui``: pages in your browser for all of this: choose images, protect, audit and download, on this machine."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.parsing.options import Parser
from mtlue.cli.process import heavy_imports
from mtlue.cli.terminal.console import err, out
from mtlue.errors import InputError


@dataclass(frozen=True)
class UiOptions:
    """The pages.

    Args:
        folder: folder below which images may be chosen in the browser; your home folder by default.
        work: folder for what is uploaded, releases and their private parts; by default one in your data folder. It is
            said at the start.
        port: of 127.0.0.1; any that is free by default.
        limit: gigabytes that one upload may have.
        browser: open your browser.
    """

    folder: Path | None = None
    work: Path | None = None
    port: int = 0
    limit: float = 20.0
    browser: bool = True


def run(arguments: Sequence[str]) -> int:
    options = Parser("ui", __doc__ or "", UiOptions, words=("folder",)).parse(arguments)[UiOptions]
    with heavy_imports():
        try:
            from mtlue.ui.web.server import ServeRequest, serve
        except ImportError as error:
            raise InputError(f"{error.name} is missing: pip install 'mtlue[ui]'") from error
    request = ServeRequest(options.folder, options.work, options.port, options.limit, options.browser)

    def tell(address: str) -> None:
        out.print(address, soft_wrap=True)
        root, work = request.root.absolute(), request.workplace.absolute()
        err.print(f"images may be chosen below {root}; uploads and results lie in {work}")
        err.print("the address is for you alone; Ctrl-C stops mtlue ui, work that has begun goes on")

    with suppress(KeyboardInterrupt):
        serve(request, tell)
    return 0
