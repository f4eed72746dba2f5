"""The flights of 2013 once more: asked about week by week at a `keepfit up`, their labels sent a week later.

Server, worker, service, automation and ledger are real and go by the clock of the machine. What is scaled is the
calendar, in two places. A flight brings its own time along, as every record may, and windows go by that. And the
monitor is started with the moment that it pretends it is, such as ``2013-06-27``, when a week has been answered. So a
week lasts as long as its flights take to be answered and looked at.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
from journeys import ROOT, World
from upped import Up

from flows.demo import write_demo
from keepfit.config import load
from keepfit.data import extract
from keepfit.ledger import back_from, fold_of, head
from keepfit.records import Entry, Moment
from keepfit.store import open_store
from keepfit.validate import arrived

CASE = "flight_delay"
WEEK = timedelta(days=7)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JANUARY, NEXT = datetime(2013, 1, 1, 5, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)
ASKED = 2_000  # records in a request
LABELLED = "late"
SHIPPED = "keepfit_log_shipped_total"

# The real use case, but that labels come a week later, and that a version which beats the champion is released where
# it cannot be told whether it beats the plain share of late flights (see docs/flights.md: after a stormy month).
CHANGED = {
    "known_after: 1d": "known_after: 7d",
    "better_than: naive}": "better_than: naive, if_unsure: warn}",
}
WATCHED = """monitor: {every: 7d, window: 7d, false_alarms: 10%}
retrain: {on: [drift, realised_performance], when: 2 of 3, cooldown: 28d, at_most: 4 per 180d}
"""
ENVIRON = {"KEEPFIT_SHIP_EVERY": "0.5"}  # what was answered is in the store after a second, not after five minutes


def use_case(changed: dict[str, str]) -> str:
    """The YAML of the replay."""
    text = (ROOT / "configs" / f"{CASE}.yaml").read_text()
    for before, after in (CHANGED | changed).items():
        assert before in text, before
        text = text.replace(before, after)
    return text + WATCHED


class Week(NamedTuple):
    """What became of a week: entries of the ledger since the one before, and the version that answers after it."""

    end: datetime
    answered: int
    version: int
    entries: tuple[Entry, ...]
    retrains: int


class Year:
    """The flights of the year, every so many of them, as files by week and as records to ask about."""

    def __init__(self, folder: Any, every: int, text: str, until: datetime) -> None:
        write_demo((until + timedelta(days=31)).date(), folder / "all")  # whole months
        self._files = {kind: _by_week(folder / "all" / "data" / kind, step) for kind, step in
                       (("flights", every), ("weather", 1))}  # fmt: skip
        self.table = _rows(World(folder / "scratch"), self, text)

    def deliver(self, world: World, until: datetime) -> None:
        """Files of the weeks that end by a moment; those that are there stay as they are."""
        for kind, weeks in self._files.items():
            for end, content in weeks.items():
                path = world.work / "data" / kind / f"{end:%Y-%m-%d}.csv"
                if end <= until and not path.exists():
                    world.write(str(path.relative_to(world.work)), content)

    def of(self, end: datetime) -> list[dict[str, Any]]:
        """The flights of the week that ends then, oldest first, with their labels."""
        import pyarrow.compute as pc

        at = self.table.column("time_hour")
        return self.table.filter(pc.and_(pc.greater_equal(at, end - WEEK), pc.less(at, end))).to_pylist()


def _by_week(folder: Any, every: int) -> dict[datetime, str]:
    """The lines of files by the end of the week that they are of."""
    found: dict[datetime, list[str]] = {}
    for path in sorted(folder.glob("*.csv")):
        first, *lines = path.read_text().splitlines()
        for line in lines[::every]:
            at = datetime.fromisoformat(line.rpartition(",")[2])
            found.setdefault(end_of(at), [first]).append(line)
    return {end: "\n".join(lines) + "\n" for end, lines in found.items()}


def end_of(at: datetime) -> datetime:
    """The end of the week, as windows have them, that a moment is in."""
    return EPOCH + ((at - EPOCH) // WEEK + 1) * WEEK


def _rows(world: World, year: Year, text: str) -> Any:
    """All rows as the use case's own query makes them: whoever asks about a flight looks up the same weather."""
    import pyarrow as pa

    year.deliver(world, NEXT + WEEK)
    world.write(
        f"{CASE}.yaml", text.replace("history: 180d", "history: 400d").replace("freshness: 35d", "freshness: 400d")
    )
    case = load(world.work / f"{CASE}.yaml", {}).use_case
    store, moment = open_store(str(world.work / "store")), Moment(as_of=NEXT, started=NEXT)
    found = arrived(store, case, extract(store, case, moment, world.work), moment, JANUARY, NEXT)
    return pa.concat_tables(found.tables(list(case.contract.columns))).sort_by("time_hour")


class Replay:
    """A `keepfit up` that lives through weeks of 2013."""

    def __init__(self, world: World, year: Year) -> None:
        self.world, self.year = world, year
        self.up = Up(world, **ENVIRON)
        self._due: list[dict[str, Any]] = []  # labels of the newest week, to be sent a week later
        self._told: list[dict[str, Any]] = []  # those of the one before
        self._sent = 0

    def train(self, as_of: datetime) -> None:
        """The first champion, by the deployment; files of all weeks before are there."""
        self.year.deliver(self.world, as_of)
        self.up.done("train", CASE, as_of=f"{as_of:%Y-%m-%dT%H:%MZ}")
        assert self.up.until(lambda: self.up.version(CASE)) == 1

    def live(self, end: datetime) -> Week:
        """A week: ask about its flights, send the labels of the one before, look, let happen what follows."""
        before, runs = head(self.world.store, CASE).seq, len(self.up.runs("retrain", use_case=CASE))
        asked = self._ask(end)
        self._tell(end)
        self.up.until(lambda: self._shipped() >= self._sent)
        self.up.done("monitor", CASE, as_of=f"{end:%Y-%m-%dT%H:%MZ}")
        since = self._since(before)
        if any(entry.retrain and entry.retrain.retrain for entry in since):
            self.up.until(lambda: len(self.up.runs("retrain", "COMPLETED", use_case=CASE)) > runs, 600)
        champion = fold_of(head(self.world.store, CASE)).champion
        assert champion is not None
        self.up.until(lambda: self.up.version(CASE) == champion.number)
        self.year.deliver(self.world, end - WEEK)  # the week before last: files come after the labels
        retrains = len(self.up.runs("retrain", use_case=CASE)) - runs
        return Week(end, asked, champion.number, self._since(before), retrains)

    def told(self, event: str) -> list[datetime]:
        """The ends of the windows of which events of a name told, oldest first."""
        return [datetime.fromisoformat(each["window_end"]) for each in self.up.heard(event)]

    def _since(self, seq: int) -> tuple[Entry, ...]:
        newest = back_from(self.world.store, head(self.world.store, CASE))
        return tuple(reversed([entry for entry in newest if entry.seq > seq]))

    def _ask(self, end: datetime) -> int:
        """Ask about the flights of a week; their labels are due a week later."""
        flights = self.year.of(end)
        due = []
        for some in _batches(flights):
            records = [_record(flight) for flight in some]
            answer = self._post("predict", {"records": records})
            due += [
                {"id": each["id"], "label": flight[LABELLED]}
                for each, flight in zip(answer["predictions"], some, strict=True)
                if flight[LABELLED] is not None  # cancelled: nobody will know
            ]
        self._sent += len(flights)
        self._due, self._told = due, self._due
        return len(flights)

    def _tell(self, end: datetime) -> None:
        known = (end - timedelta(minutes=1)).isoformat()
        for some in _batches(self._told):
            self._post("labels", {"labels": [{**each, "at": known} for each in some]})
        self._sent += len(self._told)

    def _post(self, what: str, body: dict[str, Any]) -> Any:
        answer = httpx.post(
            f"{self.up.said['scoring']}/v1/models/{CASE}/{what}", json=body, trust_env=False, timeout=60
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _shipped(self) -> float:
        text = self.up.http.get(f"{self.up.said['scoring']}/metrics").text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(SHIPPED))


def _batches(records: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    return (records[start : start + ASKED] for start in range(0, len(records), ASKED))


def _record(flight: dict[str, Any]) -> dict[str, Any]:
    return {name: _json(value) for name, value in flight.items() if name != LABELLED}


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
