"""What a run looked like, for people: an HTML page, Markdown tables for Prefect, lines for a terminal.

Guarantees: made of records only and deterministic; the page needs no network and runs no script; whatever names, values
and reasons hold, they are shown as text.
"""

from keepfit.report.html import render_run
from keepfit.report.markdown import data_markdown, metrics_markdown, verdict_markdown
from keepfit.report.measured import measured_words
from keepfit.report.metrics import key_metrics
from keepfit.report.prospects import prospects_text
from keepfit.report.run_records import ChampionRecords, RunRecords
from keepfit.report.text import show_text, verdict_text
from keepfit.report.window import window_markdown, window_text

__all__ = [
    "ChampionRecords",
    "RunRecords",
    "data_markdown",
    "key_metrics",
    "measured_words",
    "metrics_markdown",
    "prospects_text",
    "render_run",
    "show_text",
    "verdict_markdown",
    "verdict_text",
    "window_markdown",
    "window_text",
]
