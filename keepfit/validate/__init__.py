"""The contract for rows, the expectations for the table, quarantine, and the snapshot of what is kept.

Guarantees: no row is lost (rows in = kept + quarantined + dropped by a named rule, asserted, also for every file); a
quarantined row keeps its values, file, row number and reasons, a dropped one its file, row number and rule; all
failures are told at once; memory grows by some 30 bytes a row. Pandera and Great Expectations are imported here only.
"""

from keepfit.validate.arrived import Arrived, arrived
from keepfit.validate.terms import broken_alone
from keepfit.validate.validate import validate

__all__ = ["Arrived", "arrived", "broken_alone", "validate"]
