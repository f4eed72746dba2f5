"""What is different between the candidate and the champion it was judged against."""

from dataclasses import dataclass

from keepfit.records import Manifest, Snapshot
from keepfit.report.moments import clock, period
from keepfit.report.numbers import NOT_MEASURED, count
from keepfit.report.run_records import ChampionRecords, RunRecords
from keepfit.report.wording import settings_text

_FILES = (("features", "Feature state"), ("model", "Model file"), ("compiled", "Compiled form"))
SHORT = 12  # hex digits of a digest that people compare


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One property of both versions; ``code`` marks digests, set in a monospaced face."""

    what: str
    before: str
    now: str
    changed: bool
    code: bool = False


def change_rows(records: RunRecords, champion: ChampionRecords) -> tuple[ChangeRow, ...]:
    """Both versions side by side, what people ask about first."""
    old, new, zone = champion.manifest, records.manifest, records.zone
    rows = [
        _row("As of", clock(old.as_of, zone), clock(new.as_of, zone)),
        _row("Data", _data(old, champion.snapshot, zone), _data(new, records.snapshot, zone)),
        _row("Learnt up to", _until(old, zone), _until(new, zone)),
        _row("Candidate", old.candidate, new.candidate),
        _row("Settings", settings_text(old.settings), settings_text(new.settings)),
    ]
    if old.classes or new.classes:
        rows.append(_row("Classes", ", ".join(old.classes), ", ".join(new.classes)))
    rows += [
        _digests(what, a, b)
        for what, a, b in (
            ("Snapshot", old.snapshot, new.snapshot),
            ("Config", old.config, new.config),
            ("Code", old.code, new.code),
            ("Requirements", old.requirements, new.requirements),
        )
    ]
    return (*rows, *(_digests(what, old.files.get(role, ""), new.files.get(role, "")) for role, what in _FILES))


def _row(what: str, before: str, now: str) -> ChangeRow:
    return ChangeRow(what, before or NOT_MEASURED, now or NOT_MEASURED, before != now)


def _digests(what: str, before: str, now: str) -> ChangeRow:
    return ChangeRow(what, before[:SHORT] or NOT_MEASURED, now[:SHORT] or NOT_MEASURED, before != now, code=True)


def _data(manifest: Manifest, snapshot: Snapshot | None, zone: str) -> str:
    if snapshot is None or snapshot.digest != manifest.snapshot:
        return ""
    when = period(snapshot.first, snapshot.last, zone)
    return f"{count(snapshot.rows)}, {when}" if when else count(snapshot.rows)


def _until(manifest: Manifest, zone: str) -> str:
    return clock(manifest.train_until, zone) if manifest.train_until else ""
