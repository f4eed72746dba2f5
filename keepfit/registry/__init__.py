"""Versions: what each one is, what was found out about it, and that all of it is still what it was.

Guarantees: a model and its verdict become a version by one atomic entry of the ledger, which gives the number; a run
that was killed and started again is the same version; nothing is read without its digest being checked.
"""

from keepfit.registry.looks import EVALUATED, SNAPSHOT, last_evaluated, last_look, look
from keepfit.registry.positions import compared, position, run_identity
from keepfit.registry.register import register
from keepfit.registry.seats import seat_of
from keepfit.registry.show import show, show_all
from keepfit.registry.spending import OVERSPENT
from keepfit.registry.verify import verify
from keepfit.registry.versions import manifest, registration, see_that_whole, verdict

__all__ = [
    "EVALUATED",
    "OVERSPENT",
    "SNAPSHOT",
    "compared",
    "last_evaluated",
    "last_look",
    "look",
    "manifest",
    "position",
    "register",
    "registration",
    "run_identity",
    "seat_of",
    "see_that_whole",
    "show",
    "show_all",
    "verdict",
    "verify",
]
