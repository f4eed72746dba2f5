"""Production beside the time that a model was made from: what has moved, how good the model still is, what follows.

Guarantees: what is usual comes from stretches of the reference itself, so a window in which nothing has changed alarms
no more often than the YAML says, over all columns together; too short a reference informs and never alarms; data that
look broken hold a retrain for a person; deciding is pure, and every decision can be made again from the ledger.
"""

from keepfit.monitor.apart import disjoint
from keepfit.monitor.arrival import Seen, Unusable
from keepfit.monitor.late import fuller, late, late_of, open_case
from keepfit.monitor.looks import Look, looks_of
from keepfit.monitor.lost import lost_in_words, still_lost
from keepfit.monitor.made import make
from keepfit.monitor.part import Answers, Tallied, tallied
from keepfit.monitor.policy import decide
from keepfit.monitor.record import Decided, helped_in_words, in_words, note
from keepfit.monitor.reference import Answered, Reference, Rows, reference_of
from keepfit.monitor.rows import source_of, usual_rows
from keepfit.monitor.track import track_of
from keepfit.monitor.watch import REFERENCE, reference_digest, watch
from keepfit.monitor.window import Found, bounds, look

__all__ = [
    "REFERENCE",
    "Answered",
    "Answers",
    "Decided",
    "Found",
    "Look",
    "Reference",
    "Rows",
    "Seen",
    "Tallied",
    "Unusable",
    "bounds",
    "decide",
    "disjoint",
    "fuller",
    "helped_in_words",
    "in_words",
    "late",
    "late_of",
    "look",
    "looks_of",
    "lost_in_words",
    "make",
    "note",
    "open_case",
    "reference_digest",
    "reference_of",
    "source_of",
    "still_lost",
    "tallied",
    "track_of",
    "usual_rows",
    "watch",
]
