"""What a use case says about the columns of one source, complete and canonical: its digest is part of a memo's key."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from keepfit.config.mapping import ColumnMapping, Scalar
from keepfit.config.model import UseCase
from keepfit.config.values import ColumnType
from keepfit.data.declared import declared, source_types
from keepfit.records import Record


class Reading(Record, frozen=True, kw_only=True):
    """How one column is read; the fields are those of ``keepfit.config.mapping.ColumnMapping``, with nothing left open.

    ``name`` is what the file calls the column. ``kind`` is None where nothing declares a type: it stays as it stands.
    """

    name: str
    kind: ColumnType | None
    zone: str
    trim: bool = False
    nulls: tuple[str, ...] = ()
    codes: dict[str, Scalar] = msgspec.field(default_factory=dict)
    unknown: Scalar = "refuse"
    formats: tuple[str, ...] = ("iso",)
    years_from: int | None = None
    decimal: str = "."
    thousands: str = ""
    unit: str | None = None
    to: str | None = None
    default: Scalar | None = None

    @property
    def touches_text(self) -> bool:
        """Whether the text of a cell says more than its plain form as ``kind`` does."""
        own = (self.trim, self.nulls, self.codes, self.formats, self.years_from, self.decimal, self.thousands)
        return own != (False, (), {}, ("iso",), None, ".", "")


class Period(Record, frozen=True, kw_only=True):
    """From when on (UTC; None: from the beginning), and the columns that are not read in the plain way."""

    since: datetime | None
    columns: dict[str, Reading]


class Options(Record, frozen=True, kw_only=True):
    """All that the parsed form of a file depends on, besides its bytes and its format."""

    types: dict[str, ColumnType]
    zone: str
    event_time: str | None
    periods: tuple[Period, ...] = ()


def options(use_case: UseCase, source: str) -> Options:
    """How the files of a source are read."""
    declaration = use_case.data.sources[source]
    types, zone = source_types(use_case, source), use_case.data.timezone
    units = {name: rule.unit for name, rule in declared(use_case).items()}
    periods = tuple(
        Period(
            since=_utc(item.from_, zone) if item.from_ is not None else None,
            columns={
                name: _reading(name, how, types.get(name), zone, units.get(name)) for name, how in item.columns.items()
            },
        )
        for item in declaration.mapping
    )
    if periods and periods[0].since is not None:
        periods = (Period(since=None, columns={}), *periods)  # what came before is read in the plain way
    return Options(types=types, zone=zone, event_time=use_case.data.event_time, periods=periods)


def _reading(name: str, how: ColumnMapping, kind: ColumnType | None, zone: str, unit: str | None) -> Reading:
    target = unit or how.to
    return Reading(
        name=how.alias or name,
        kind=kind,
        zone=how.timezone or zone,
        trim=how.trim,
        nulls=how.nulls,
        codes=how.codes,
        unknown=how.unknown,
        formats=how.format,
        years_from=how.years_from,
        decimal=how.decimal,
        thousands=how.thousands or "",
        unit=how.unit if how.unit != target else None,
        to=target if how.unit is not None and how.unit != target else None,
        default=how.default,
    )


def _utc(moment: datetime, zone: str) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
