"""Bad data before the rules for data: what catches each, by its name."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import NamedTuple

from keepfit import data, validate
from keepfit.config.model import UseCase
from keepfit.errors import DataError
from keepfit.records import Accepted, Extracted, FaultOutcome, FaultResult, Moment, Validated
from keepfit.selftest.bench import Bench
from keepfit.selftest.data_faults import DataFault, data_faults, spoiling
from keepfit.selftest.fitted import with_copies
from keepfit.split import split
from keepfit.train.examples import read
from keepfit.validate import archive

TWICE, TENTH = "delivered_twice", "a_tenth_of_the_rows"
DAY = timedelta(days=1)


class Seen(NamedTuple):
    """The rule that caught bad data, and what it said."""

    by: str
    reason: str


def plant_data(bench: Bench, tell: Callable[[str], None]) -> tuple[FaultResult, ...]:
    """Plant every fault in the data and see what becomes of each; ``tell`` hears which one it is."""
    return tuple(_planted(bench, tell))


def _planted(bench: Bench, tell: Callable[[str], None]) -> Iterator[FaultResult]:
    for fault in data_faults(bench):
        tell(fault.name)
        if fault.sql is None:
            yield _told(fault._replace(planted=""), None, "the model sees no number that changes")
            continue
        yield _told(fault, _seen(bench, fault.name, spoiling(bench.use_case, fault.sql)))
        if fault.name == TENTH:
            yield _told(_tenfold(), _ten_times_the_usual(bench))
    tell("stale")
    yield _stale(bench)
    tell("copies_on_both_sides")
    yield _told(_copies(bench), _copies_seen(bench))


def _seen(bench: Bench, name: str, use_case: UseCase) -> Seen | None:
    """What a run would say, from the sources to the rows that it trains on."""
    accepted = _accepted(bench, bench.validated.profile, bench.validated.rows.kept)
    try:
        extracted = data.extract(bench.store, use_case, bench.moment, bench.root, bench.looked)
        validated = validate.validate(bench.store, use_case, extracted, bench.moment, accepted=accepted)
        if (seen := _held(bench, validated)) or (name == TWICE and (seen := _dropped(bench, validated))):
            return seen
        read(bench.store, use_case, split(bench.store, use_case, validated.snapshot, extracted.parts))
    except DataError as error:
        return _named(bench, stopped(error))
    return None


def _named(bench: Bench, seen: Seen) -> Seen:
    """Of a contract that too many rows break, the rule that most of them break."""
    newest = archive.newest(bench.store, bench.use_case.name)
    if not seen.by.startswith("contract") or newest is None or not newest.failed or not newest.broken:
        return seen
    worst = newest.broken[0]
    return seen._replace(by=f"contract: {' '.join(filter(None, [worst.column, worst.rule]))}")


def stopped(error: DataError) -> Seen:
    """The rule that stopped a run: where it stands in the YAML, and what it said."""
    problem = error.problems[0]
    rule = problem.what.removesuffix(" failed") if problem.where == "expectations" else problem.where
    said = f"{problem.what}; expected {problem.expected}" if problem.expected else problem.what
    return Seen(rule or problem.what, f"{said}; found {problem.found}" if problem.found else said)


def _held(bench: Bench, validated: Validated) -> Seen | None:
    """What holds the release until a person has looked, and did not before anything was planted."""
    before = {_rule_of(told) for told in bench.validated.held}
    found = (told for told in validated.held if _rule_of(told) not in before)
    return next((Seen(f"{_rule_of(told)} (hold)", told) for told in found), None)


def _rule_of(sentence: str) -> str:
    return sentence.partition(" ")[0]


def _dropped(bench: Bench, validated: Validated) -> Seen | None:
    """The second copies of rows are dropped by name, and what is left are the same rows as before."""
    twice = [each for each in validated.dropped if each.rule == "duplicate row"]
    if not twice or validated.snapshot != bench.validated.snapshot:
        return None
    return Seen(
        "duplicate row", f"{twice[0].rows:,} rows dropped; what is left is the same snapshot, to the last value"
    )


def _accepted(bench: Bench, profile: str | None, rows: int) -> tuple[Accepted, ...]:
    return (Accepted(as_of=bench.moment.as_of, rows=rows, profile=profile),) if profile else ()


def _tenfold() -> DataFault:
    planted = "ten times the rows of the data accepted last"
    return DataFault("ten_times_the_rows", planted, "expect_rows_like_usual", "")


def _ten_times_the_usual(bench: Bench) -> Seen | None:
    """The rows that there are, after data of which there were a tenth (the newest validation has seen them)."""
    before = archive.newest(bench.store, bench.use_case.name)
    if before is None or before.profile is None:
        return None
    accepted = _accepted(bench, before.profile, before.rows.kept)
    try:
        validated = validate.validate(bench.store, bench.use_case, bench.extracted, bench.moment, accepted=accepted)
    except DataError as error:
        return stopped(error)
    return _held(bench, validated)


def _stale(bench: Bench) -> FaultResult:
    """The same data some time later: nothing new has come since."""
    fault = DataFault("stale", "no row for longer than `freshness` allows", "data.freshness", "")
    newest, allowed = bench.extracted.newest, bench.use_case.data.freshness
    if newest is None:
        return _told(fault, None, "rows have no time")
    if allowed is None:
        advice = "add `freshness` to `data`, such as 35d"
        return _told(fault._replace(guarded=False, advice=advice), None)
    later = newest + allowed + DAY
    moment = Moment(as_of=later, started=max(bench.moment.started, later))
    try:
        _extracted(bench, moment)
    except DataError as error:
        return _told(fault, stopped(error))
    return _told(fault, None)


def _extracted(bench: Bench, moment: Moment) -> Extracted:
    return data.extract(bench.store, bench.use_case, moment, bench.root, bench.looked)


def _copies(bench: Bench) -> DataFault:
    """In a split by time copies differ in their moment; rows with few possible values are equal by chance too."""
    planted = "every row of the holdout again, under another key"
    advice = "name in `split.entity` whom or what a row is about: copies look like other rows here"
    by_key = bench.use_case.split.by == "key"
    return DataFault("copies_on_both_sides", planted, "split, or leakage", "", by_key, advice)


def _copies_seen(bench: Bench) -> Seen | None:
    """Copies are left out of training by the split, or the leakage report finds them."""
    found = with_copies(bench)
    for left in found.left_out:
        if left.rule == "copy of a holdout row":
            return Seen("split: copy of a holdout row", f"{left.rows:,} rows left out of training")
    for leak in found.leaks:
        if leak.kind == "near_copies":
            return Seen("leakage: near_copies", leak.reason)
    return None


def _told(fault: DataFault, seen: Seen | None, not_applicable: str = "") -> FaultResult:
    outcome: FaultOutcome = "passed" if fault.guarded else "not_guarded"
    if not_applicable:
        outcome = "not_applicable"
    if seen:
        outcome = "caught"
    return FaultResult(
        fault=fault.name,
        kind="data",
        planted=fault.planted,
        caught=seen is not None,
        by=seen.by if seen else None,
        outcome=outcome,
        reason=seen.reason if seen else not_applicable or "nothing noticed it",
        expected=fault.expected,
        advice="" if seen or not_applicable else fault.advice,
        worlds=0 if not_applicable else 1,
        caught_in=int(seen is not None),
    )
