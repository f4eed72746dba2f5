"""What ``keepfit quarantine`` does, and what it prints."""

import getpass
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from flows.commands import answer, name_and_zone, opened
from flows.pages import checked_path, write_page
from flows.problems import printable
from keepfit import quarantine
from keepfit.config import find, load
from keepfit.data.replay import PutBack
from keepfit.errors import ConfigError, DataError, Problem
from keepfit.quarantine.explain import put_back_since
from keepfit.quarantine.reading import Row, Taken
from keepfit.store import Store
from keepfit.validate import archive

_LISTED = 20


def listing(use_case: str, store: str | None, *, as_json: bool) -> int:
    """The latest validations that took rows out."""
    from keepfit.report.quarantine_text import listed_text

    name, zone = name_and_zone(use_case)
    found = [quarantine.listed(each) for each in archive.newest_first(opened(store), name, _LISTED)]
    answer({"use_case": name, "quarantines": found}, as_json, lambda _: listed_text(name, found, zone))
    return 0


def explain(
    use_case: str,
    number: int | None,
    rule: str | None,
    file: str | None,
    row: int | None,
    limit: int,
    store: str | None,
    *,
    as_json: bool,
) -> int:
    """Why rows are not there: all of them, some of them, or one."""
    from keepfit.report.quarantine_text import explained_text, one_row_text

    if row is not None and file is None:
        raise ConfigError(Problem("a row is one of a file", "--row", "--file too", do="name the file: --file PATH"))
    name, zone = name_and_zone(use_case)
    it, place = _taken(store, name, number)
    asked = quarantine.Asked(rule, file, row)
    told = quarantine.explain(place, name, it, asked, examples=limit)
    if row is None or file is None:
        answer(told, as_json, lambda _: explained_text(told, zone, limit))
        return 0
    mine = [each for each in quarantine.rows(place, it) if asked.fits(each.file, each.row, "")]
    values = [(key, value) for each in mine for key, value in _values(each)]
    back = [
        _said(each) for each in put_back_since(place, name, it.record.number) if asked.fits(each.file, each.row, "")
    ]
    said = {
        "explained": told,
        "values": [each.values for each in mine],
        "raw": [each.raw for each in mine],
        "put_back": back,
    }
    answer(said, as_json, lambda _: one_row_text(told, file, row, values, "; ".join(back)))
    return 0


def export(use_case: str, out: Path, number: int | None, rule: str | None, store: str | None, *, as_json: bool) -> int:
    """Quarantined rows as a file to correct."""
    name, _ = name_and_zone(use_case)
    it, place = _taken(store, name, number)
    asked = quarantine.Asked(rule)

    def wanted() -> Iterator[Row]:
        for each in quarantine.rows(place, it):
            if any(asked.fits(each.file, each.row, reason) for reason in each.reasons):
                yield each

    rows = quarantine.write(out, wanted)
    said = {"use_case": name, "number": it.record.number, "rows": rows, "file": str(out)}
    answer(said, as_json, lambda _: _export_text(name, it.record.number, rows, out))
    return 0


def _export_text(name: str, number: int, rows: int, out: Path) -> str:
    lines = [
        f"{rows:,} rows of quarantine {number} are in {out}",
        "  Correct values in place and leave the columns that begin with _ as they are; rows may be taken out.",
    ]
    if out.suffix.lower() == ".csv":
        lines.append(
            "  An apostrophe before = + - @ keeps a spreadsheet from running the cell; it is taken away again."
        )
    return "\n".join(
        [*lines, f"  keepfit quarantine replay {name} --number {number} --rows {out} --reason … --dry-run"]
    )


def page(use_case: str, number: int | None, out: Path | None, store: str | None, *, as_json: bool) -> int:
    """One HTML page about every row that is not there."""
    from keepfit.report.quarantine import render_quarantine

    name, zone = name_and_zone(use_case)
    it, place = _taken(store, name, number)
    told = quarantine.explain(place, name, it)
    path = checked_path(out or Path(f"{name}-quarantine-{it.record.number}.html"), "--out")
    page = write_page(path, render_quarantine(told, it.extracted, zone))
    said = {"use_case": name, "number": it.record.number, "page": page}
    answer(said, as_json, lambda it: f"page  {it['page']}")
    return 0


def replay(
    use_case: str,
    reason: str,
    rows: Path | None,
    number: int | None,
    actor: str | None,
    store: str | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Put rows back (exit 3: none of them would be taken today)."""
    from keepfit.report.quarantine_text import put_back_text

    loaded = load(find(use_case, Path.cwd()), os.environ)
    it, place = _taken(store, loaded.use_case.name, number)
    result = quarantine.replay(
        place,
        loaded.use_case,
        it,
        quarantine.read(rows) if rows else None,
        actor=getpass.getuser() if actor is None else actor,
        reason=reason,
        at=datetime.now(UTC),
        dry_run=dry_run,
    )
    answer(result, as_json, put_back_text)
    return DataError.exit_code if result.stay and not result.put_back + result.already else 0


def _taken(store: str | None, name: str, number: int | None) -> tuple[Taken, Store]:
    place = opened(store)
    return quarantine.taken(place, name, number), place


def _values(row: Row) -> list[tuple[str, str | None]]:
    return [*row.values.items(), *([("as read", row.raw)] if row.shapeless else [])]


def _said(row: PutBack) -> str:
    if not row.changed:
        return "put back as it is"
    return "put back with " + ", ".join(printable(f"{name} = {row.values[name]}") for name in row.changed)
