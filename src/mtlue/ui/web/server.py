"""The server on 127.0.0.1: for this machine alone, until it is stopped."""

from __future__ import annotations

import os
import secrets
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from platformdirs import user_data_path

from mtlue.errors import InputError, OutputError, check_least, check_most, param
from mtlue.files import write_secret_text
from mtlue.ui.web.app import application
from mtlue.ui.web.guard import Address

HOST = "127.0.0.1"
_LEAVES = "open.html"
"""A page that leads to the server, for this user alone: a browser's arguments are seen by all users of a machine."""


@dataclass(frozen=True)
class ServeRequest:
    """What the pages are started with.

    Args:
        folder: below which images may be chosen; the home folder by default.
        work: folder for uploads, releases and their private parts; one in the user's data folder by default.
        port: of 127.0.0.1; 0 for any that is free.
        limit: gigabytes that one upload may have.
        browser: whether a browser is opened.
    """

    folder: Path | None = None
    work: Path | None = None
    port: int = 0
    limit: float = 20.0
    browser: bool = True

    @property
    def root(self) -> Path:
        return Path.home() if self.folder is None else self.folder

    @property
    def workplace(self) -> Path:
        return user_data_path("mtlue") / "ui" if self.work is None else self.work

    def check(self) -> None:
        """Refuse what means nothing.

        Raises:
            InputError: the folder is not there, cannot be read or lies in the work folder, or a number is out of range.
        """
        if not self.root.is_dir():
            raise InputError(f"{param('folder')} {self.root} is not a folder: give one below which your images lie")
        if not os.access(self.root, os.R_OK | os.X_OK):
            raise InputError(f"{param('folder')} {self.root} cannot be read: give another, or change its permissions")
        if self.root.resolve().is_relative_to(self.workplace.resolve()):
            raise InputError(
                f"{param('work')} {self.workplace} holds {self.root}, so that no image could be chosen: give a "
                "folder of its own"
            )
        check_least(self, port=0, limit=0.001)
        check_most(self, port=65535, limit=1e6)


def serve(request: ServeRequest, tell: Callable[[str], None]) -> None:
    """Serve the pages until Ctrl-C.

    Args:
        request: what is asked for.
        tell: gets the address.

    Raises:
        InputError: :meth:`ServeRequest.check`; OutputError: the port is taken, or the work folder cannot be made.
    """
    request.check()
    with _listening(request.port) as listening:
        address = Address(listening.getsockname()[1], secrets.token_urlsafe(24))
        app = application(address, request.root, request.workplace, int(request.limit * 1e9))
        tell(address.url)
        if request.browser:
            _open(address, request.workplace)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, ws="none", server_header=False, timeout_graceful_shutdown=3
        )
        uvicorn.Server(config).run(sockets=[listening])


def _listening(port: int) -> socket.socket:
    """A socket of this machine alone."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen()  # a browser that is faster than the server waits
    except OSError as error:
        listening.close()
        raise OutputError(f"{param('port')} {port} cannot be used ({error.strerror}): leave it out") from error
    return listening


def _open(address: Address, work: Path) -> None:
    """Open a browser by a file that leads it to the address; that failing, the address is on the screen."""
    page = work / _LEAVES
    text = f'<!DOCTYPE html><meta http-equiv="refresh" content="0; url={address.url}"><title>mtlue</title>'
    write_secret_text(page, text)
    webbrowser.open(page.resolve().as_uri())
