"""A page as Debian's Chromium prints it."""

import shutil
from pathlib import Path

import pytest

A4 = 718
"""Pixels (of 1/96 inch) between the margins that Chromium leaves on A4."""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


def printed(page: Path) -> tuple[int, str]:
    """How wide a page is on A4, in pixels, and the colour of its paper where the reader's screen is dark."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": A4, "height": 1000}, color_scheme="dark")
        view.emulate_media(media="print")
        view.goto(page.as_uri())
        width = view.evaluate("document.documentElement.scrollWidth")
        colour = view.evaluate("getComputedStyle(document.body).backgroundColor")
        browser.close()
    return int(width), str(colour)
