"""Who may talk to the server: the browser that was given the address, and pages that come from this server.

Bound to 127.0.0.1, the server is reached by every program and every page of a browser on this machine. So each address
holds a random token; the Host must be this server's own, so that a name that is made to point here (DNS rebinding) does
not help; and what changes something must come from a page of this server (Origin, Sec-Fetch-Site).
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Of pages: nothing comes from anywhere but this server, and no script but its own runs."""
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)
"""Of reports, which hold their styles and images: no script runs, and nothing is fetched."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_STYLE = (
    ":root { color-scheme: light dark } h1 { font-size: 1.6rem; line-height: 1.2 } "
    "body { font: 1rem/1.55 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1.25rem }"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_OLD_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"
_OLD_ADDRESS = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>There is no such page – mtlue</title><style>{_STYLE}</style></head>
<body><main><h1>There is no such page</h1>
<p>mtlue has a new address each time it is started, so that nobody else can find it. This one may be of an earlier
time.</p>
<p>Open the address that <code>mtlue ui</code> printed. Your projects are there, and work that had begun goes on.</p>
</main></body></html>
"""
"""What a tab that was open before a new start shows; nothing of this server is in it but that it is one."""
_LARGEST_FORM = 100_000
_READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Address:
    """Where the server is found.

    Attributes:
        port: on 127.0.0.1.
        token: the first part of every path.
    """

    port: int
    token: str

    @property
    def base(self) -> str:
        """How every path begins."""
        return f"/{self.token}"

    @property
    def url(self) -> str:
        """What a browser is given."""
        return f"http://127.0.0.1:{self.port}{self.base}/"

    @property
    def hosts(self) -> tuple[str, str]:
        """How the server may be called."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"


class Guard:
    """Refuses every request that is not allowed before the application sees it, and sets the headers of all answers."""

    def __init__(self, app: ASGIApp, address: Address, uploads: str) -> None:
        self._app = app
        self._address = address
        self._uploads = f"{address.base}{uploads}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", POLICY)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
            return
        await self._app({**scope, "root_path": self._address.base}, receive, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        """Why a request is refused; None where it is not."""
        if scope["type"] != "http":
            return PlainTextResponse("There is no such page.", 404)
        headers = Headers(scope=scope)
        if headers.getlist("host") not in ([host] for host in self._address.hosts):
            return PlainTextResponse("This server is called 127.0.0.1: open the address that mtlue ui printed.", 421)
        token = scope["path"].removeprefix("/").partition("/")[0]
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self._address.token.encode()):
            return HTMLResponse(_OLD_ADDRESS, 404, {"Content-Security-Policy": _OLD_POLICY})
        if scope["method"] in _READING:
            return RedirectResponse(f"{self._address.base}/") if scope["path"] == self._address.base else None
        if headers.get("origin") not in [f"http://{host}" for host in self._address.hosts]:
            return PlainTextResponse("Only this server's own pages may do that.", 403)
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return PlainTextResponse("Only this server's own pages may do that.", 403)
        return None if scope["path"].startswith(self._uploads) else _too_large(headers)


def _too_large(headers: Headers) -> PlainTextResponse | None:
    """Forms are small, and say how long they are."""
    length = headers.get("content-length", "")
    if not length.isdigit():
        return PlainTextResponse("The form does not say how long it is: load the page again.", 411)
    return PlainTextResponse("The form is too long.", 413) if int(length) > _LARGEST_FORM else None
