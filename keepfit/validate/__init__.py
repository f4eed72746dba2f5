"""The contract for rows, the expectations for the table, quarantine, and the snapshot of what is kept.

Guarantees: no row is lost (rows in = kept + quarantined + dropped by a named rule, asserted); a quarantined row keeps
its values, file, row number and reasons; all failures are told at once; Pandera and Great Expectations are imported
here only.
"""

from keepfit.validate.expectations import understood
from keepfit.validate.validate import validate

__all__ = ["understood", "validate"]
