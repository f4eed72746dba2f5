"""Numbers in, verdict out: a pure function that fails closed.

Guarantees: what is missing or is not a number never passes; a gate passes only where the one-sided bound clears it; a
verdict is a pass only where no gate failed, none that blocks is undecided, and at least one number cleared its
threshold. All gates must pass, so no correction for their number is needed (intersection-union test: Berger 1982,
Technometrics 24:295); groups that fail are corrected among themselves.
"""

from keepfit.judge.gates.leakage import waiver_of
from keepfit.judge.prospects import asked, prospects
from keepfit.judge.verdict import ended, judge, judge_again

__all__ = ["asked", "ended", "judge", "judge_again", "prospects", "waiver_of"]
