"""One thing that was recognised."""

from keepfit.errors import Problem
from keepfit.records import Record


class Finding(Record, frozen=True, kw_only=True):
    """What changed, where and since when, and what to do.

    ``kind`` is renamed, rescaled, missing, new, retyped or emptier. ``column`` is the name in the contract's terms (of
    a renamed column: the old one), ``now`` what the file calls it. ``since`` is the first event of the file, or its
    name. ``mapping`` is the YAML that would make it right, or "".
    """

    kind: str
    file: str
    column: str
    now: str
    since: str
    what: str
    do: str
    mapping: str = ""

    def __str__(self) -> str:
        """One line, as a warning shows it."""
        return f"{self.file}: {self.what}" + (f"; {self.do}" if self.do else "")

    def problem(self) -> Problem:
        """The block of an error."""
        return Problem(self.what, self.file, found=f"since {self.since}", do=self.do)
