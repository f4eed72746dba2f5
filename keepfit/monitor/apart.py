"""Windows that do not overlap."""

from collections.abc import Sequence

from keepfit.records import Noted


def disjoint(windows: Sequence[Noted]) -> list[Noted]:
    """The newest window, the newest that ends before it begins, and so on."""
    chosen: list[Noted] = []
    for each in windows:
        if not chosen or each.end <= chosen[-1].start:
            chosen.append(each)
    return chosen
