"""What becomes of a challenger that answers beside the champion: from what both answered, by pure functions.

Guarantees: a limit stops it early only where it is left beyond doubt (`compare.DOUBT`), so that looking every second
does not stop a good one; what cannot be computed, or was not answered often enough, never promotes.
"""

from keepfit.rollout.compare import Answers, beheld, worse
from keepfit.rollout.decide import decide, figures, limit_left

__all__ = ["Answers", "beheld", "decide", "figures", "limit_left", "worse"]
