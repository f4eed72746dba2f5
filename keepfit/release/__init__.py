"""What may move the champion: a pass for exactly that version against the champion of that moment, or a person.

Guarantees: a version that failed, or whose risk is high, never becomes champion; every move has an actor and a reason;
the preconditions are those of the moment at which the entry is written, not of the moment at which somebody looked;
the same command given twice moves nothing twice.
"""

from keepfit.release.by_hand import disable, promote, rollback
from keepfit.release.by_rollout import end_rollout, in_words, stop_rollout
from keepfit.release.by_verdict import release

__all__ = ["disable", "end_rollout", "in_words", "promote", "release", "rollback", "stop_rollout"]
