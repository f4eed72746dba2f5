"""The page itself: one HTML string, self-contained, no script, no network, the same bytes for the same records."""

from typing import TYPE_CHECKING

from keepfit.report.numbers import typeset
from keepfit.report.run_records import RunRecords
from keepfit.report.view import page
from keepfit.report.wording import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def render_run(records: RunRecords) -> str:
    """One run as one HTML page.

    Parameters
    ----------
    records
        What the stages of the run left behind; nothing else is read, not even the clock.

    Returns
    -------
    str
        A complete HTML document. Text from outside (names, values, reasons) is escaped, and characters that hide or
        reorder text are shown as their escapes.
    """
    return environment().get_template("report.html.j2").render(page=page(records))


def environment() -> "Environment":
    """The templates: everything is escaped, every plain text made visible, a missing value is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("keepfit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["figures"] = typeset
    return made


def _shown(value: object) -> object:
    """Every plain text that a template prints passes here; markup of our own (charts) is no plain ``str``."""
    return visible(value) if type(value) is str else value
