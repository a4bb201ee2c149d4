"""The whole way in a browser: from a dropped folder to a downloaded release; the server is killed in between."""

import os
import re
import signal
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from browsing import CHROMIUM, check_usable, drop, held, opened_browser, press_to, running_ui, write_photos_with_masks
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from mtlue.ui.workspace.journal import Journal

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
PATIENCE = 240_000
"""Milliseconds; other tests run beside this one."""


def watched(page: Page, asked: list[str]) -> Page:
    """A page whose requests are kept, and which fails at an error of a script."""
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(f"error: {error}"))
    page.set_default_timeout(PATIENCE)
    return page


@pytest.mark.long
def test_from_a_folder_to_a_release(tmp_path: Path) -> None:
    photos = write_photos_with_masks(tmp_path / "dropped")
    (tmp_path / "home/empty").mkdir(parents=True)
    asked: list[str] = []
    with opened_browser() as browser:
        page = watched(browser.new_page(), asked)
        with running_ui(tmp_path) as address:
            page.goto(address)
            check_usable(page)
            drop(page, tmp_path / "dropped", "#drop")
            page.wait_for_url("**/projects/*")
            with held(page):
                check_usable(page)
            page.get_by_role("heading", name="Choose the protection").wait_for()
            check_usable(page)
            assert "joint-code" in page.content()
            (only,) = page.locator("input[name=protected]").all()
            only.uncheck()
            page.get_by_text("No task is chosen: choose at least one to protect.").wait_for()
            page.get_by_role("button", name=re.compile("^Protect 16")).click()
            check_usable(page)  # nothing was sent
            with page.expect_response("**/times?*") as times:
                only.check()
            assert times.value.json()["times"].keys() == {""}
            _protect_by_keyboard(page)
            page.get_by_role("heading", name="Protecting the images").wait_for()
            with held(page):
                check_usable(page)
            place = page.url.removeprefix(address)
        with running_ui(tmp_path) as address:  # the work went on
            page.goto(address)
            page.get_by_role("link", name=re.compile("dropped")).click()
            assert page.url == address + place
            page.get_by_role("heading", name="The release").wait_for()
            check_usable(page)
            assert page.locator("dt:has-text('Size of the images') + dd").inner_text() == "32 × 24"
            with page.expect_download() as download:
                press_to(page, "a[download]")
                page.keyboard.press("Enter")
            _check_release(Path(download.value.path()), photos, tmp_path)
    assert asked
    assert not [url for url in asked if not url.startswith("http://127.0.0.1:")]


def _protect_by_keyboard(page: Page) -> None:
    press_to(page, "input[name=strength][value=standard]")
    page.keyboard.press("ArrowRight")
    assert page.locator("input[name=strength][value=strong]").is_checked()
    press_to(page, "form[action$='/protect'] button")
    page.keyboard.press("Enter")


def _check_release(downloaded: Path, photos: dict[str, NDArray[np.uint8]], folder: Path) -> None:
    """Every image is there, changed, and within the strength that was chosen; nothing private is."""
    with zipfile.ZipFile(downloaded) as archive:
        archive.extractall(folder / "release")
        names = archive.namelist()
    assert not [name for name in names if "private" in name or "generator" in name]
    released = sorted((folder / "release").rglob("images/**/*.png"))
    assert len(released) == len(photos)
    for path in released:
        pixels = np.asarray(Image.open(path)).astype(int)
        nearest = min(np.abs(pixels - photo).max() for photo in photos.values())
        assert 0 < nearest <= 16


def _kill_the_process(work: Path) -> None:
    """End the only stage's process as a power cut would, as soon as there is one."""
    (file,) = work.glob("*/look/events.jsonl")
    deadline = time.monotonic() + PATIENCE / 1000
    while (started := Journal(file).last("started")) is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.kill(started["process"], signal.SIGKILL)


@pytest.mark.long
def test_cancelled_refused_and_begun_again(tmp_path: Path) -> None:
    write_photos_with_masks(tmp_path / "home/mine")
    (tmp_path / "home/nothing").mkdir()
    (tmp_path / "home/nothing/minutes.txt").write_text("no images")
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    asked: list[str] = []
    with opened_browser() as browser, running_ui(tmp_path) as address:
        page = watched(browser.new_page(), asked)
        page.goto(address)
        page.set_input_files("#zip", tmp_path / "bad.zip")
        page.get_by_role("alert").get_by_text("damaged, or no zip file").wait_for()
        check_usable(page)
        page.goto(address)
        press_to(page, "a:text('Browse folders')")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="mine").click()
        page.get_by_text("Choose the folder that holds all images").wait_for()
        check_usable(page)
        page.get_by_role("button", name="Use this folder").click()
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("heading", name="Cancelled").wait_for()
        check_usable(page)
        page.get_by_role("button", name="Look again").click()
        page.get_by_role("heading", name="Looking at the images").wait_for()
        _kill_the_process(tmp_path / "work")
        page.get_by_role("heading", name="Interrupted").wait_for()
        check_usable(page)
        page.goto(f"{address}folders?path=nothing")
        page.get_by_role("button", name="Use this folder").click()
        page.get_by_role("heading", name="Reading the images did not work").wait_for()
        check_usable(page)
        page.get_by_text("Remove this project").click()
        page.get_by_role("button", name="Remove for good").click()
        page.get_by_role("heading", name="Your projects").wait_for()
        assert page.get_by_role("link", name="nothing").count() == 0
    assert not [url for url in asked if not url.startswith("http://127.0.0.1:")]
