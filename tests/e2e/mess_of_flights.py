"""A directory of mess made from the flights that left New York in 2013, and the truth about every row of it.

python tests/e2e/mess_of_flights.py DIR [EVERY]   writes DIR/data and says what became of its rows

A file a day as three upstream systems would deliver them, from January on: three layouts of dates, renamed columns and
kilometres from July on, Latin-1, UTF-16, a byte order mark, files that are no table, days that come twice, late
corrections, broken rows. What must become of a row follows from what was done to it; no code of Keepfit has a say.
"""

import csv
import io
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
AS_OF = datetime(2013, 10, 1, 12, tzinfo=NEW_YORK).astimezone(UTC)
SINCE = AS_OF - timedelta(days=180)
LABELS_UNTIL = AS_OF - timedelta(days=1)
LAST_DAY = date(2013, 10, 2)
PLAIN = r"data/flights/[-0-9]{10}\.csv"
EVERY = 10
SEED = 7

KEPT, OUTSIDE, NOT_YET = "kept", "outside history", "not there yet"
COPY, SUPERSEDED = "duplicate row", "superseded by a later row"
PENDING, NO_LABEL = "label not known yet", "no label"
AGENTS = ("Ana Muñoz", "Jörg Weiß", "Smith, John", "Zoë O'Neil", "Bob", 'Al "Ace" Ruiz')


class Flight(NamedTuple):
    """What is true of one flight; ``delay`` is None where it never arrived."""

    carrier: str
    flight: int
    at: datetime
    origin: str
    dest: str
    minute: int
    distance: float
    agent: str
    delay: int | None

    @property
    def key(self):
        return self.carrier, self.flight, self.at, self.origin

    @property
    def values(self):
        """What the contract declares beside the key."""
        late = None if self.delay is None else self.delay > 15
        return self.dest, self.minute, self.distance, self.agent, late


Cells = dict[str, str]


class Fault(NamedTuple):
    """Something that is wrong with a row alone; ``dated`` where its time can be read all the same."""

    spoil: Callable[[Cells], None]
    dated: bool = True
    extra: int = 0  # fields too many, or too few


def _set(name: str, text: str) -> Callable[[Cells], None]:
    return lambda cells: cells.update({name: text})


FAULTS = {
    "one field too many": Fault(lambda _: None, dated=False, extra=1),
    "two fields too few": Fault(lambda _: None, dated=False, extra=-2),
    "a text for a number": Fault(_set("distance", "far")),
    "half a flight": Fault(_set("flight", "17.5")),
    "an impossible distance": Fault(_set("distance", "999999")),
    "flight number 0": Fault(_set("flight", "0")),
    "an unknown airport": Fault(_set("origin", "XXX")),
    "no carrier": Fault(_set("carrier", "NA")),
    "no such day": Fault(lambda cells: cells.update(time_hour=_no_such_day(cells["time_hour"])), dated=False),
    "in ninety years": Fault(lambda cells: cells.update(time_hour=cells["time_hour"].replace("2013", "2103"))),
}
TRUNCATED = "the file ends within it"


def _no_such_day(text: str) -> str:
    """The same time on a 31st of February, in the same layout."""
    return ("2013-02-31" if "T" in text else "02/31/2013" if "/" in text else "31.02.2013") + text[10:]


COLUMNS = ("carrier", "flight", "origin", "dest", "time_hour", "sched_dep_time", "distance", "arr_delay", "agent")
RENAMED = {"carrier": "airline", "flight": "flight_number", "time_hour": "departure"}


@dataclass(frozen=True)
class Layout:
    """How a file says a flight."""

    time: str = "%Y-%m-%dT%H:%M:%SZ"
    zone: ZoneInfo | None = None
    renamed: bool = False
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    nulls: tuple[str, ...] = ("NA",)
    more: tuple[str, ...] = ()

    @property
    def header(self) -> list[str]:
        names = [RENAMED.get(name, name) if self.renamed else name for name in COLUMNS]
        return [*names, *self.more]

    def cells(self, flight: Flight, number: int) -> Cells:
        at = flight.at.astimezone(self.zone or UTC)
        miles = f"{self.written(flight.distance):.1f}"
        return {
            "carrier": flight.carrier,
            "flight": str(flight.flight),
            "origin": flight.origin,
            "dest": flight.dest,
            "time_hour": at.strftime(self.time),
            "sched_dep_time": f"{flight.minute // 60}{flight.minute % 60:02d}",
            "distance": miles.replace(".", self.decimal),
            "arr_delay": self.nulls[number % len(self.nulls)] if flight.delay is None else str(flight.delay),
            "agent": flight.agent,
        }

    def written(self, miles: float) -> float:
        return round(miles * 1.609344, 1) if self.renamed else miles

    def read(self, flight: Flight) -> Flight:
        """The flight as far as this layout tells it: kilometres to a tenth."""
        return flight._replace(distance=self.written(flight.distance) / 1.609344) if self.renamed else flight


ISO = Layout()
GERMAN = Layout("%d.%m.%Y %H:%M", NEW_YORK, nulls=("NA", ""))
AMERICAN = Layout("%m/%d/%Y %I:%M %p", NEW_YORK, renamed=True, nulls=("", "NULL"))
AIRPORT = replace(GERMAN, encoding="latin-1", delimiter=";", decimal=",", nulls=("-",))
PARTNER = replace(AMERICAN, encoding="utf-16", delimiter="\t")
MORE_FROM = date(2013, 8, 26)


def layout_of(day: date) -> Layout:
    if day < date(2013, 5, 1):
        return ISO
    if day < date(2013, 7, 1):
        return GERMAN
    return AMERICAN if day < MORE_FROM else replace(AMERICAN, more=("tailnum",))


class Line(NamedTuple):
    """A row of a file: what it should say, and what is wrong with it."""

    flight: Flight
    fault: str = ""


@dataclass
class Delivery:
    """One file, before it is written."""

    path: str
    layout: Layout
    lines: list[Line]
    mark: bool = False

    def text(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.layout.delimiter, lineterminator="\n")
        writer.writerow(self.layout.header)
        for number, (flight, fault) in enumerate(self.lines):
            cells = self.layout.cells(flight, number)
            wrong = FAULTS.get(fault, Fault(lambda _: None))
            wrong.spoil(cells)
            row = [*cells.values(), *("N" + str(number) for _ in self.layout.more)]
            writer.writerow([*row, "?"] if wrong.extra > 0 else row[: len(row) + wrong.extra])
        cut = self.lines and self.lines[-1].fault == TRUNCATED
        return out.getvalue()[:-25] if cut else out.getvalue()

    def data(self) -> bytes:
        return (b"\xef\xbb\xbf" if self.mark else b"") + self.text().encode(self.layout.encoding)


class Fate(NamedTuple):
    """What must become of a row: kept, quarantined for a fault, or dropped, and where it stands."""

    file: str
    row: int
    what: str
    flight: Flight


@dataclass
class Mess:
    """What was written, and the truth about it."""

    fates: list[Fate]
    kept: dict[tuple, tuple]
    rows: dict[str, int]
    set_aside: dict[str, str]

    def counts(self) -> Counter:
        return Counter(fate.what for fate in self.fates)

    def absent(self) -> list[Fate]:
        return [fate for fate in self.fates if fate.what != KEPT]


TWICE, CORRECTED, AGAIN, CUT = date(2013, 5, 14), date(2013, 6, 20), date(2013, 7, 4), date(2013, 9, 12)
MARKED = date(2013, 4, 22)
LATE_DAYS = (date(2013, 9, 2), date(2013, 9, 3), date(2013, 9, 4))
AIRPORT_DAYS = {date(2013, 6, day) for day in range(10, 17)}
PARTNER_DAYS = {date(2013, 8, day) for day in range(20, 23)}
NO_TABLE = {date(2013, 5, 20): b"", AGAIN: b"", date(2013, 8, 2): b"<!DOCTYPE html>\n<title>502 Bad Gateway</title>\n"}
ONLY_A_HEADER = date(2013, 5, 27)
OTHER_ENCODING = {date(2013, 6, 17): "latin-1", date(2013, 8, 23): "utf-16"}
SPECIAL = {
    *(TWICE, CORRECTED, CUT, MARKED, ONLY_A_HEADER), *LATE_DAYS, *AIRPORT_DAYS, *PARTNER_DAYS, *NO_TABLE,
    *OTHER_ENCODING,
}  # fmt: skip


def clean_flights(folder: Path, every: int = EVERY) -> Iterator[Flight]:
    """The flights as the demo delivers them: ``folder/2013-01.csv`` and so on."""
    for path in sorted(folder.glob("2013-*.csv")):
        with path.open(newline="") as file:
            for number, row in enumerate(csv.DictReader(file)):
                if number % every == 0:
                    yield _flight(row, AGENTS[number // every % len(AGENTS)])


def _flight(row: dict[str, str], agent: str) -> Flight:
    scheduled = int(row["sched_dep_time"])
    return Flight(
        carrier=row["carrier"],
        flight=int(row["flight"]),
        at=datetime.fromisoformat(row["time_hour"]),
        origin=row["origin"],
        dest=row["dest"],
        minute=scheduled // 100 * 60 + scheduled % 100,
        distance=float(row["distance"]),
        agent=agent,
        delay=None if row["arr_delay"] == "NA" else int(row["arr_delay"]),
    )


def deliveries(flights: Iterable[Flight]) -> tuple[list[Delivery], dict[str, bytes]]:
    """The files that are tables, and those that are none."""
    days: dict[date, list[Flight]] = defaultdict(list)
    for flight in flights:
        if (day := flight.at.astimezone(NEW_YORK).date()) <= LAST_DAY:
            days[day].append(flight)
    tables = [each for day, those in sorted(days.items()) for each in _of_a_day(day, those)]
    tables.append(_corrections(days))
    none = {f"data/flights/{day}.csv": content for day, content in NO_TABLE.items()}
    none[f"data/flights/{ONLY_A_HEADER}.csv"] = Delivery("", GERMAN, []).data()
    for day, encoding in OTHER_ENCODING.items():
        foreign = replace(layout_of(day), encoding=encoding)
        none[f"data/flights/{day}.csv"] = Delivery("", foreign, [Line(each) for each in days[day]]).data()
    _plant(tables)
    return tables, none


def _of_a_day(day: date, flights: list[Flight]) -> Iterator[Delivery]:
    path, lines = f"data/flights/{day}.csv", [Line(each) for each in flights]
    if day in AIRPORT_DAYS:
        yield Delivery(f"data/airport/{day}.csv", AIRPORT, lines)
    elif day in PARTNER_DAYS:
        yield Delivery(f"data/partner/{day}.csv", PARTNER, lines)
    elif day == AGAIN:
        yield Delivery(f"data/flights/{day}_again.csv", layout_of(day), lines)
    elif day not in NO_TABLE and day != ONLY_A_HEADER and day not in OTHER_ENCODING:
        yield Delivery(path, layout_of(day), lines, mark=day == MARKED)
    if day == TWICE:
        yield Delivery(f"data/flights/{day} (1).csv", layout_of(day), lines)
    if day == CORRECTED:
        mended = [Line(_corrected(each) if at % 5 == 0 else each) for at, each in enumerate(flights)]
        yield Delivery(f"data/flights/{day}_corrected.csv", layout_of(day), mended)


def _corrected(flight: Flight) -> Flight:
    """What was learnt later: it was late after all, or not; and who was at the gate."""
    delay = 90 if flight.delay is None or flight.delay <= 15 else 0
    return flight._replace(delay=delay, agent="Corrected, Later")


def _corrections(days: dict[date, list[Flight]]) -> Delivery:
    """One file with a few flights of several days before."""
    lines = [Line(_corrected(flight)) for day in LATE_DAYS for flight in days[day][::6]]
    return Delivery(f"data/flights/{LATE_DAYS[-1] + timedelta(5)}_corrections.csv", layout_of(MORE_FROM), lines)


def _plant(tables: list[Delivery]) -> None:
    """Broken rows: some of every kind in the history, a few before it and a few after the run's moment."""
    drawn = random.Random(SEED)
    by_day = {date.fromisoformat(each.path[13:23]): each for each in tables if re.fullmatch(PLAIN, each.path)}
    usual = sorted(day for day in by_day if day not in SPECIAL)
    before = [day for day in usual if day < date(2013, 4, 3)]
    within = [day for day in usual if date(2013, 4, 6) < day < date(2013, 9, 29)]
    for count, fault in enumerate(FAULTS, 4):
        for day in [*drawn.sample(within, count), *drawn.sample(before, 2)]:
            _spoil(by_day[day], drawn, fault)
    for foreign, day in ((AIRPORT, "2013-06-11"), (PARTNER, "2013-08-20")):
        (one,) = (each for each in tables if each.layout == foreign and day in each.path)
        _spoil(one, drawn, "a text for a number")
    _spoil(by_day[CORRECTED], drawn, "an unknown airport")  # is right in the corrected file
    for fault in ("a text for a number", "flight number 0", "one field too many"):
        _spoil(by_day[max(by_day)], drawn, fault)
    by_day[CUT].lines[-1] = by_day[CUT].lines[-1]._replace(fault=TRUNCATED)


def _spoil(delivery: Delivery, drawn: random.Random, fault: str) -> None:
    at = drawn.choice([at for at, line in enumerate(delivery.lines) if not line.fault])
    delivery.lines[at] = delivery.lines[at]._replace(fault=fault)


def truth(tables: Iterable[Delivery]) -> list[Fate]:
    """What must become of every row; of rows with one key the last delivered one counts, by name of file and row."""
    fates, right = [], defaultdict(list)
    for table in sorted(tables, key=lambda each: each.path):
        for row, (flight, fault) in enumerate(table.lines, 1):
            said = Fate(table.path, row, _alone(flight, fault), table.layout.read(flight))
            if said.what:
                fates.append(said)
            else:
                right[said.flight.key].append(said)
    for several in right.values():
        *others, last = several
        fates += [
            each._replace(what=COPY if each.flight.values == last.flight.values else SUPERSEDED) for each in others
        ]
        fates.append(last._replace(what=_of_the_label(last.flight)))
    return fates


def _alone(flight: Flight, fault: str) -> str:
    """What becomes of a row whatever the others are; nothing where it is a good one."""
    dated = not fault or (fault != TRUNCATED and FAULTS[fault].dated)
    if fault == "in ninety years" or not dated:
        return fault
    if flight.at < SINCE:
        return OUTSIDE
    return NOT_YET if flight.at >= AS_OF else fault


def _of_the_label(flight: Flight) -> str:
    if flight.at >= LABELS_UNTIL:
        return PENDING
    return NO_LABEL if flight.delay is None else KEPT


def make(root: Path, clean: Path, every: int = EVERY) -> Mess:
    """Write the mess below ``root/data``, of one in ``every`` flights of the folder ``clean`` (a file a month)."""
    tables, none = deliveries(clean_flights(clean, every))
    written = {each.path: each.data() for each in tables} | none
    for path, content in written.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    fates = truth(tables)
    return Mess(
        fates=fates,
        kept={fate.flight.key: fate.flight.values for fate in fates if fate.what == KEPT},
        rows={each.path: len(each.lines) for each in tables},
        set_aside={path: _why(content) for path, content in none.items()},
    )


def _why(content: bytes) -> str:
    """What a person would say of a file that is no table."""
    if not content:
        return "empty"
    if content.startswith(b"<"):
        return "a page of HTML"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    return "only a header" if content.count(b"\n") == 1 else "Latin-1"


def main(words: list[str]) -> None:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from flows.demo import write_demo

    root = Path(words[0])
    write_demo(date(2013, 11, 1), root / "clean")
    mess = make(root, root / "clean" / "data" / "flights", int(words[1]) if len(words) > 1 else EVERY)
    for what, rows in mess.counts().most_common():
        print(f"{rows:>8,}  {what}")
    for path, why in mess.set_aside.items():
        print(f"{path}: {why}")


if __name__ == "__main__":
    main(sys.argv[1:])
