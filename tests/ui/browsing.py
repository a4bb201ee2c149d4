"""A running ``mtlue ui``, a browser that looks at it, and what keeps people from using a page."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = (360, 1400)
SERIOUS = ("serious", "critical")
ANY = ("minor", "moderate", *SERIOUS)
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, summary')].filter(one => one.checkVisibility())
    .filter(one => Math.min(one.getBoundingClientRect().width, one.getBoundingClientRect().height) < 24)
    .filter(one => one.parentElement.textContent.trim() === one.textContent.trim())
    .map(one => one.outerHTML)"""
"""What a finger misses, but for links within a line of text."""


@contextmanager
def running_ui(folder: Path) -> Iterator[str]:
    """The address of a server on ``folder / "work"``; it is killed in the end, as a crash would."""
    command = [sys.executable, "-m", "mtlue", "ui", str(folder / "home"), "--work", str(folder / "work")]
    environment = {**os.environ, "MTLUE_CACHE": str(folder / "cache")}
    process = subprocess.Popen(
        [*command, "--browser", "false"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGKILL)


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def drop(page: Page, path: Path, on: str) -> None:
    """Drop a file or folder of this machine on an element, as a mouse does."""
    box = page.locator(on).bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 10}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})


def check_usable(page: Page, impacts: Container[str] = SERIOUS) -> None:
    """At each width nothing is cut off, and nothing keeps people from using the page, in light and in dark.

    Args:
        impacts: of the faults that axe must not find.
    """
    before = page.viewport_size
    page.wait_for_load_state()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # colours do not fade: they are measured
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)
            assert page.evaluate(SMALL_TARGETS) == [], (page.url, width)
            found = [fault for fault in axe_violations(page) if fault["impact"] in impacts]
            assert not found, (page.url, width, scheme, [(fault["id"], fault["nodes"][0]["html"]) for fault in found])
    if before is not None:
        page.set_viewport_size(before)


def axe_violations(page: Page) -> list[dict[str, Any]]:
    """What axe finds. The page holds on to its promise: of a large page it is collected before it is kept otherwise."""
    if not page.evaluate("'axe' in window"):  # it stays until another page is loaded
        page.evaluate(Axe().axe_script)
    page.evaluate("() => { window.axeResults = axe.run({resultTypes: ['violations']}) }")
    found: list[dict[str, Any]] = page.evaluate("() => window.axeResults")["violations"]
    return found


@contextmanager
def held(page: Page) -> Iterator[None]:
    """A page that does not learn how far its work is: it says so, and is not loaded again meanwhile."""
    page.route("**/state", lambda route: route.abort())
    page.wait_for_timeout(1500)  # what was asked for before has been answered
    yield
    page.unroute("**/state")


def press_to(page: Page, wanted: str, most: int = 60) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.locator(wanted).evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"no Tab leads to {wanted}")


def write_photos_with_masks(folder: Path, count: int = 16) -> dict[str, NDArray[np.uint8]]:
    """Photos in folders inside each other, each with a mask of two classes, which a method takes that is not fitted.

    Returns:
        Path -> pixels.
    """
    draws = np.random.default_rng(0)
    rows, photos = ["file_name,region"], {}
    for number in range(count):
        photo = f"photos/{'2021' if number % 2 else '2022/spring'}/a {number}.png"
        mask = f"masks/{number}.png"
        photos[photo] = draws.integers(0, 256, (24, 32, 3), dtype=np.uint8)
        for name, pixels in ((photo, photos[photo]), (mask, (photos[photo][:, :, 0] > 100).astype(np.uint8))):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
        rows.append(f"{photo},{mask}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return photos
