"""Sources → the table of examples as of a moment → a snapshot.

Guarantees: a file's bytes are parsed once; nothing is guessed and nothing is bent to fit; what was not there, or not
known, at ``as_of`` is not seen; the same data have the same digest, wherever they came from.
"""

from keepfit.data.declared import declared
from keepfit.data.extract import extract
from keepfit.data.look import Fingerprint, Looked, fingerprint, look
from keepfit.data.replay import replays
from keepfit.data.snapshot import read_snapshot, snapshot, snapshot_key, values_digest, write_snapshot
from keepfit.data.tables import get_table, give_back, give_back_at_once, put_table

__all__ = [
    "Fingerprint",
    "Looked",
    "declared",
    "extract",
    "fingerprint",
    "get_table",
    "give_back",
    "give_back_at_once",
    "look",
    "put_table",
    "read_snapshot",
    "replays",
    "snapshot",
    "snapshot_key",
    "values_digest",
    "write_snapshot",
]
