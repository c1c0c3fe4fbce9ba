"""The distribution's Chromium, driven by Playwright: for tests that look at pages.

A test module that needs it imports the fixtures: ``from tests.browser import chromium, page``.
"""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def chromium_path() -> str:
    """The Chromium of this system. Playwright never downloads one of its own.

    Raises `FileNotFoundError` with what to do if there is none.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise FileNotFoundError("no Chromium is here for the tests: `invoke tools` installs it")
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a module.

    It ends with them: as long as Playwright runs, nothing else in this thread can run asyncio.
    """
    with sync_playwright() as playwright:
        # Without a sandbox, since root (in a container) can have none.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a fresh context: no cookies, no cache, Portuguese, a laptop's window."""
    context = chromium.new_context(locale="pt-BR", viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()
