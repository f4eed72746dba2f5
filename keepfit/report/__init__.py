"""What a run looked like, for people: an HTML page, Markdown tables for Prefect, lines for a terminal.

Guarantees: made of records only and deterministic; the page needs no network and runs no script; whatever names, values
and reasons hold, they are shown as text.
"""

from keepfit.report.batches import batch_markdown, released_markdown, retrained_markdown, rollout_markdown
from keepfit.report.html import render_run
from keepfit.report.markdown import data_markdown, metrics_markdown, verdict_markdown
from keepfit.report.measured import measured_words
from keepfit.report.metrics import key_metrics
from keepfit.report.prospects import prospects_text
from keepfit.report.run_records import ChampionRecords, RunRecords
from keepfit.report.text import show_text, verdict_text
from keepfit.report.window import decision_markdown, pages_markdown, window_markdown, window_text

__all__ = [
    "ChampionRecords",
    "RunRecords",
    "batch_markdown",
    "data_markdown",
    "decision_markdown",
    "key_metrics",
    "measured_words",
    "metrics_markdown",
    "pages_markdown",
    "prospects_text",
    "released_markdown",
    "render_run",
    "retrained_markdown",
    "rollout_markdown",
    "show_text",
    "verdict_markdown",
    "verdict_text",
    "window_markdown",
    "window_text",
]
