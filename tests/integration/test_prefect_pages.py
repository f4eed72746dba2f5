"""Our artifacts on the pages of a real Prefect server, in a real browser: the picture is seen, nothing hostile runs."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prefect_process import prefect_with_pages

ROOT = Path(__file__).parents[2]
SAMPLES = str(ROOT / "tests" / "unit" / "watching_samples.py")
HOSTILE = runpy.run_path(SAMPLES)["HOSTILE"]

pytestmark = pytest.mark.soak  # a server with its pages takes its time

SHOW = f"""
import runpy
from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from keepfit.report import decision_markdown, pages_markdown, window_markdown
from keepfit.report.watching import performance_picture
from tasks.artifacts import log, markdown, picture

made = runpy.run_path({SAMPLES!r})

@task(cache_policy=NO_CACHE)
def show():
    looks = made["SAMPLES"]["hostile"]()
    markdown("a_b", "window", window_markdown(looks[-1].window))
    markdown("a_b", "decision", decision_markdown(made["monitored"](looks)))
    drawn = performance_picture("a_b", made["SAMPLES"]["forty"]())
    picture("a_b", "performance", drawn, pages_markdown("/store/a.html", made["HOSTILE"][1]))
    log("100 rows: no alarm")

@flow
def pages():
    show()

pages()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    with prefect_with_pages(folder) as (origin, environ):
        done = subprocess.run(
            [sys.executable, "-c", SHOW],
            env=environ | {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield origin


def artifacts(server):
    return {each["key"]: each for each in httpx.post(f"{server}/api/artifacts/filter", json={}, trust_env=False).json()}


@pytest.fixture
def visit(browser, server):
    opened = []

    def go(key):
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        opened.append(page)
        page.did = []
        page.on("dialog", lambda dialog: (page.did.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda sent: page.did.append(sent.url))
        page.goto(f"{server}/artifacts/artifact/{artifacts(server)[key]['id']}")
        page.get_by_text("Show raw data").wait_for(timeout=60_000)
        return page

    yield go
    for page in opened:
        page.close()


def elsewhere(page, server):
    """What was fetched from others, and what a hostile text has done."""
    own = (server, "data:", f"blob:{server}")
    return [did for did in page.did if not did.startswith(own)]


def test_the_performance_is_seen_as_a_picture(visit, server):
    page = visit("a-b-performance")
    image = page.locator("img[src^='data:image/svg+xml']").first
    image.wait_for()
    page.wait_for_function("[...document.images].some(i => i.src.startsWith('data:image/svg') && i.naturalWidth > 0)")
    assert image.bounding_box()["width"] > 300
    assert page.evaluate("window.ran") is None
    assert elsewhere(page, server) == []


@pytest.mark.parametrize("key", ["a-b-window", "a-b-decision"])
def test_hostile_names_are_text_on_prefects_pages(key, visit, server):
    page = visit(key)
    page.locator("table").first.wait_for()
    said = page.locator("body").inner_text()
    if key == "a-b-window":
        for name in (HOSTILE[0], HOSTILE[1], HOSTILE[3], HOSTILE[4], HOSTILE[8]):
            assert name in said
        assert page.locator("table tbody tr").count() == len(HOSTILE) + 3
    assert page.evaluate("window.ran") is None
    assert page.locator("img[src*='evil'], a[href*='evil'], table h1, table script").count() == 0
    assert elsewhere(page, server) == []


def test_artifacts_say_what_they_are_and_logs_what_was_found(server):
    found = artifacts(server)
    assert set(found) == {"a-b-window", "a-b-decision", "a-b-performance"}
    assert found["a-b-decision"]["description"] == "Whether the newest window calls for a retrain, and why."
    logs = httpx.post(f"{server}/api/logs/filter", json={}, trust_env=False).json()
    assert "100 rows: no alarm" in [each["message"] for each in logs], json.dumps(logs)
