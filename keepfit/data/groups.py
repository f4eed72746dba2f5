"""Files that lie next to each other, read from the index only where one of them matters to a moment."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from keepfit.data.extent import extent
from keepfit.data.index import Known, Segment, files_of
from keepfit.data.left_out import together
from keepfit.data.moment import Span

if TYPE_CHECKING:
    from keepfit.store import Store


class Group(NamedTuple):
    """A segment of the index and its files; none while they have not been read."""

    segment: Segment
    files: tuple[Known, ...] = ()

    @property
    def name(self) -> str:
        """What the files are called together."""
        return together(*self.segment.ends, self.segment.files)


def opened(store: "Store", groups: Sequence[Group]) -> list[Group]:
    """The groups with their files."""
    found = files_of(store, [group.segment for group in groups if not group.files])
    return [group if group.files else group._replace(files=next(found)) for group in groups]


def newest_before(
    store: "Store", span: Span, files: Iterable[Known], outside: Iterable[Group], number: int
) -> list[Known]:
    """The newest files of which all events are too early to matter, the oldest first.

    Parameters
    ----------
    files
        Files of which some may matter.
    outside
        Groups of files of which none does.
    """
    found = sorted((file for file in files if _too_early(span, file)), key=by_time)
    early = ((group.segment.extent, group) for group in outside)
    ends = ((each.ends[1], group) for each, group in early if each.ends and (each.kept_outside(span) or (0, 0))[1])
    for last, group in sorted(ends, key=lambda each: each[0], reverse=True):
        if len(found) >= number and (found[-number].parsed.first or last) > last:
            break
        (read,) = opened(store, [group])
        found = sorted([*found, *(file for file in read.files if _too_early(span, file))], key=by_time)
    return found[-number:]


def by_time(file: Known) -> tuple[object, ...]:
    """In the order of their first events; files without one come last."""
    return (file.parsed.first is None, file.parsed.first, file.path)


def _too_early(span: Span, file: Known) -> bool:
    left_out = extent(file.parsed).kept_outside(span)
    return left_out is not None and left_out[1] > 0
