"""Rows that validation took out: listed, explained, exported, and put back after a fix.

Guarantees: every row that is not there is accounted for by file, row number and reason; a row is put back only if the
mapping and the contract of today take it, and then stands in the data exactly once (`keepfit.data.replay` says how);
who did so and why stands in the ledger.
"""

from keepfit.quarantine.explain import Asked, Explained, Listed, explain, listed
from keepfit.quarantine.files import read, write
from keepfit.quarantine.reading import rows, taken
from keepfit.quarantine.replay import PutBackRows, replay

__all__ = [
    "Asked",
    "Explained",
    "Listed",
    "PutBackRows",
    "explain",
    "listed",
    "read",
    "replay",
    "rows",
    "taken",
    "write",
]
