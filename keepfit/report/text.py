"""Plain lines for a terminal: how a run ended, and what versions there are. Safe to print whatever names hold."""

from collections.abc import Collection, Sequence
from datetime import datetime
from textwrap import wrap

from keepfit.config.metrics import METRICS
from keepfit.records import Shown, ShownVersion, Verdict
from keepfit.report.gates import GateRow, gate_rows, tally
from keepfit.report.moments import aware
from keepfit.report.numbers import decimals, fixed
from keepfit.report.watched import watch_lines
from keepfit.report.wording import OUTCOME_WORDS, visible

_COLUMN = 54
_SHOWN_FIRST = ("roc_auc", "log_loss", "accuracy", "rmse", "r2")
_METRICS_SHOWN = 2  # with them a line has at most 100 columns


def verdict_text(verdict: Verdict, width: int = 100) -> str:
    """The verdict and every gate on an aligned line; what did not pass says why below.

    Parameters
    ----------
    verdict
        What was judged.
    width
        Columns of the terminal; reasons are wrapped to it.
    """
    rows = gate_rows(verdict)
    words = max((len(row.word) for row in rows), default=0)
    named = min(max((len(_named(row)) for row in rows), default=0), _COLUMN)
    lines = [f"{OUTCOME_WORDS[verdict.outcome].upper()}: {tally(verdict)}"]
    for row in rows:
        lines.append(f"  {row.word:<{words}}  {_cut(_named(row), named):<{named}}  {_measured(row)}".rstrip())
        if (row.outcome != "pass" or row.waived) and row.reason:
            indent = " " * (words + 4)
            lines += wrap(visible(row.reason), width, initial_indent=indent, subsequent_indent=indent)
    return "\n".join(lines)


def show_text(shown: Shown, *, zone: str = "UTC", width: int = 100, entries: int = 6) -> str:
    """Versions newest first, a line each, then the entries of the ledger; what is not listed is counted.

    Parameters
    ----------
    shown
        What the ledger says of a use case.
    zone
        In which moments are shown.
    width
        Columns of the terminal; longer reasons are cut.
    entries
        How many of the newest ledger entries follow, so that a year of months fits one screen.
    """
    if not shown.ledger:
        return f"{shown.use_case}: no version yet in {visible(shown.store)}"
    told = [
        (str(e.seq), _moment(e.at, zone), _action(e.action, e.version), visible(e.actor, 40), visible(e.reason, 300))
        for e in shown.ledger[:entries]
    ]
    lines = [
        "",
        *_versions(shown, zone),
        "",
        f"newest entries of the ledger ({zone})",
        *aligned(told, right=range(1)),
        *_earlier(shown.entries_in_all - len(told)),
    ]
    held = [line for version in shown.versions for line in _held(shown, version, width)]
    head = [_headline(shown), *held, *_rollout(shown, zone, width), *_spending(shown, zone), *watch_lines(shown, width)]
    return "\n".join([*head, *(_cut(line, width) for line in lines)])


def _rollout(shown: Shown, zone: str, width: int) -> list[str]:
    """The challenger that answers beside the champion, and what ends that."""
    known = shown.rollout
    if known is None:
        return []
    what = "is asked what the champion is asked" if known.strategy == "shadow" else _part(known.share)
    until = f"since {_moment(known.started, zone)}, until {_moment(known.until, zone)} at least"
    do = f"`keepfit release {shown.use_case}` decides after {known.at_least:,} predictions"
    words = f"{known.strategy}: version {known.challenger.number} {what}, {until}; {do}"
    return wrap(words, width, initial_indent="  ", subsequent_indent="  ")


def _part(share: float) -> str:
    return f"answers {100 * share:.4g}% of requests"


def _spending(shown: Shown, zone: str) -> list[str]:
    """How much of the year's false promotions is spent, and what creep is measured against."""
    spending = shown.spending
    if spending is None:
        return []
    anchor = f"anchor version {spending.anchor.number}" if spending.anchor else ""
    spent = ""
    if spending.year_start:
        since = f"in the year from {_moment(spending.year_start, zone)}"
        spent = f"looks beside the champion have spent {100 * spending.spent:.3g}% of false promotions {since}"
    return ["  " + ", ".join(filter(None, (spent, anchor)))]


def _held(shown: Shown, version: ShownVersion, width: int) -> list[str]:
    """What a person has to do about the newest version that may become champion, if it waits for one."""
    if not version.held or version.version != shown.challenger:
        return []
    do = f"look (`keepfit docs {shown.use_case}`), then `keepfit promote {shown.use_case} {version.version} --reason …`"
    words = f"version {version.version} is held for a person: {visible(version.held, 300)}; {do}"
    return wrap(words, width, initial_indent="  ", subsequent_indent="  ")


def _versions(shown: Shown, zone: str) -> list[str]:
    """A line each, or a sentence where there is none."""
    if not shown.versions:
        return [f"no version yet: keepfit run {shown.use_case}"]
    there = {name for version in shown.versions for name in version.metrics}
    names = [name for name in dict.fromkeys((*_SHOWN_FIRST, *METRICS)) if name in there][:_METRICS_SHOWN]
    table = [("no", "role", "as of", "outcome", *names, "candidate", "digest")]
    table += [_version(shown, version, names, zone) for version in shown.versions]
    return [
        *aligned(table, right=(0, *range(4, 4 + len(names)))),
        *_earlier(shown.versions_in_all - len(shown.versions)),
    ]


def _earlier(count: int) -> list[str]:
    return [f"and {count:,} earlier: --all"] if count > 0 else []


def _named(row: GateRow) -> str:
    return visible(f"{row.asked} [{row.group}]" if row.group else row.asked, 300)


def _measured(row: GateRow) -> str:
    if row.outcome == "skipped":
        return ""
    value = f"{row.value} ({row.bounds})" if row.bounds else row.value
    return f"{row.quantity} {value}".strip()


def _headline(shown: Shown) -> str:
    serving = "disabled: no version serves" if shown.disabled else "no champion yet"
    if shown.champion is not None:
        serving = f"champion is version {shown.champion}"
    others = [
        f"{role} {seat}"
        for role, seat in (("challenger", shown.challenger), ("previous champion", shown.previous))
        if seat is not None
    ]
    return ", ".join([f"{shown.use_case}: {serving}", *others])


def _version(shown: Shown, version: ShownVersion, names: Sequence[str], zone: str) -> tuple[str, ...]:
    roles = {shown.champion: "champion", shown.challenger: "challenger"}
    return (
        str(version.version),
        roles.get(version.version, ""),
        _moment(version.as_of, zone) if version.as_of else "-",
        f"{OUTCOME_WORDS[version.outcome] if version.outcome else '-'}{', held' if version.held else ''}",
        *(
            fixed(version.metrics[name], decimals((version.metrics[name],))) if name in version.metrics else "-"
            for name in names
        ),
        visible(version.candidate, 40) or "-",
        version.digest[:8],
    )


def _action(action: str, version: int | None) -> str:
    words = action.replace("_", " ")
    return words if version is None else f"{words} {version}"


def _moment(moment: datetime, zone: str) -> str:
    local = aware(moment, zone)
    return f"{local:%Y-%m-%d}" if (local.hour, local.minute) == (0, 0) else f"{local:%Y-%m-%d %H:%M}"


def aligned(rows: Sequence[Sequence[str]], right: Collection[int]) -> list[str]:
    """Rows as lines, their cells under each other; the columns in ``right`` end under each other."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(w) if n in right else cell.ljust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
