"""What holds for all tests, and the browser that some of them open."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

CHROMIUM = Path("/usr/bin/chromium")

settings.register_profile("noisy machines", deadline=None)  # an example may take long because others are at work
settings.load_profile("noisy machines")


@pytest.fixture(scope="module")
def browser():
    """Debian's chromium without a screen. In CI a missing one is a failure: nobody would look at the pages."""
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip("needs Debian's chromium in /usr/bin (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()
