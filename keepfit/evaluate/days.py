"""Which rows belong to one day."""

from typing import Any

import numpy as np

from keepfit.evaluate.score import Ints
from keepfit.features.calendar import local


def days_of(times: Any, zone: str) -> Ints:
    """The local calendar day of each UTC time, as days since 1970, (n,).

    Parameters
    ----------
    times
        (n,) ``datetime64`` in UTC, none missing.
    zone
        IANA name, such as ``America/New_York``.

    Examples
    --------
    >>> times = np.array(["2013-01-02T03:00", "2013-01-02T12:00"], dtype="datetime64[us]")
    >>> days_of(times, "America/New_York") - days_of(times[:1], "UTC")
    array([-1,  0])
    """
    return local(np.asarray(times, "datetime64[us]"), zone).astype("datetime64[D]").astype(np.int64)
