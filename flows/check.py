"""What ``keepfit check --data`` does, and what it prints."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

from flows.problems import printable
from keepfit.config.loading import Loaded
from keepfit.config.model import UseCase
from keepfit.data.preview import Became, Refusal, Sample, SourcePreview, examples, sample
from keepfit.errors import ConfigError, KeepfitError, Problem
from keepfit.records import Moment
from keepfit.validate.sample import Judged, judged

WIDTH = 100


def checked(loaded: Loaded, rows: int, root: Path) -> dict[str, Any]:
    """What ``check --data --json`` says; nothing is written to any store."""
    if rows < 1:
        raise ConfigError(Problem("not a number of rows", "--rows", "at least 1", str(rows)))
    use_case = loaded.use_case
    samples = {name: sample(use_case, name, root, rows) for name in use_case.data.sources}
    sources = [each.preview for each in samples.values()]
    why = list(_against(use_case, sources))
    contract, note = None, ""
    try:
        contract, note = _contract(use_case, samples)
    except KeepfitError as error:
        why += [f"data.query: {each.what}: {each.found}" for each in error.problems]
    why += contract.over if contract is not None else []
    return {
        "ok": not why,
        "use_case": use_case.name,
        "path": str(loaded.path),
        "digest": loaded.digest,
        "rows": rows,
        "sources": sources,
        "contract": contract,
        "note": note,
        "why": why,
    }


def _contract(use_case: UseCase, samples: Mapping[str, Sample]) -> tuple[Judged | None, str]:
    """The contract on the sample; None, and why, where the query finds nothing in samples.

    Raises
    ------
    KeepfitError
        The query cannot be run.
    """
    import pyarrow as pa

    now = datetime.now(UTC)
    table, refused, rules = examples(use_case, samples)
    if not table.num_rows and use_case.data.query is not None:
        return None, "the query gives no row over these samples: what it joins is not among them"
    every = pa.concat_tables([refused, *(each.refused for each in samples.values())], promote_options="permissive")
    said = "the query saw samples: a join over them may find less than over all rows" if use_case.data.query else ""
    return judged(table, every, use_case, rules, Moment(as_of=now, started=now)), said


def _against(use_case: UseCase, sources: Sequence[SourcePreview]) -> Iterator[str]:
    """What would stop a run, beside the contract's rules."""
    for source in sources:
        wrong = [file.path for file in source.sampled if file.wrong]
        if len(wrong) > use_case.data.sources[source.name].unreadable_at_most * len(source.sampled):
            yield f"{source.name}: no table: {', '.join(wrong)}"
        if source.missing:
            yield f"{source.name}: missing columns: {', '.join(source.missing)}"


def text(said: Mapping[str, Any], zone: str) -> str:
    """The page for people."""
    lines = [line for source in said["sources"] for line in _source(source, zone)]
    lines += _contract_lines(said["contract"], said["note"])
    verdict = "the sample passes" if said["ok"] else "the sample would not pass"
    lines += ["", verdict, *(f"  {line}" for each in said["why"] for line in wrap(each, WIDTH - 4))]
    return "\n".join(printable(line) for line in lines)


def _source(source: SourcePreview, zone: str) -> Iterator[str]:
    count = "1 file" if source.files == 1 else f"{source.files} files, {len(source.sampled)} of them sampled"
    yield f"{source.name}: {count}"
    width = max(len(file.path) for file in source.sampled)
    for file in source.sampled:
        yield f"  {file.path:<{width}}  {file.rows:>7,} rows" + (f", {file.refused:,} refused" if file.refused else "")
        yield from (f"    {line}" for line in file.wrong.splitlines())
    if source.first is not None and source.last is not None:
        first, last = (each.astimezone(ZoneInfo(zone)) for each in (source.first, source.last))
        yield f"  events {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} ({zone})"
    if source.periods:
        yield "  rows " + "; ".join(f"{each.period}: {each.rows:,}" for each in source.periods)
    yield ""
    yield from (f"  {line}" for line in _table(source.columns))
    yield from _left(source)
    yield ""


def _table(columns: Sequence[Became]) -> Iterator[str]:
    """A line for every column; the widths are those of what stands in them."""
    head = ("in the files", "becomes", "type", "rows", "null", "refused", "for example")
    rows = [
        (each.found or "(nothing)", each.column, each.type, f"{each.rows:,}", _count(each.null), _count(each.refused))
        for each in columns
    ]
    widths = [min(max(map(len, cells)), 24) for cells in zip(*([head[:6], *rows]), strict=True)]
    period = ""
    yield _line(head[:6], widths) + "  " + head[6]
    for each, row in zip(columns, rows, strict=True):
        if each.period != period:
            period = each.period
            yield f"{period}:"
        yield (_line(row, widths) + "  " + each.example)[: WIDTH - 2].rstrip()


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    named = [f"{_cut(cell, width):<{width}}" for cell, width in zip(cells[:3], widths[:3], strict=True)]
    return "  ".join([*named, *(f"{cell:>{width}}" for cell, width in zip(cells[3:], widths[3:], strict=True))])


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: width - 1]}…"


def _count(number: int) -> str:
    return f"{number:,}" if number else "-"


def _left(source: SourcePreview) -> Iterator[str]:
    """What was refused, what nobody declares, what is missing, and what was recognised."""
    refusals = [(f"{each.column}: {one.reason}", one) for each in source.columns for one in each.refusals]
    refusals += [(one.reason, one) for one in (*source.undated, *source.shapeless)]
    if refusals:
        yield "  refused, for example"
    for reason, one in refusals:
        yield from _hanging(f"{reason}  ({_at(one)})", "    ", "      ")
    if source.undeclared:
        yield from _hanging(f"nobody declares: {', '.join(source.undeclared)}", "  ", "    ")
    if source.missing:
        yield from _hanging(f"missing: {', '.join(source.missing)}", "  ", "    ")
    for each in source.recognised:
        yield from _hanging(str(each), "  ", "    ")


def _at(one: Refusal) -> str:
    return f"{one.file}, row {one.row}"


def _hanging(words: str, first: str, others: str) -> list[str]:
    return wrap(words, WIDTH, initial_indent=first, subsequent_indent=others, break_on_hyphens=False)


def _contract_lines(contract: Judged | None, note: str) -> Iterator[str]:
    if contract is not None:
        share = contract.quarantined / contract.rows if contract.rows else 0
        yield f"contract: of {contract.rows:,} rows {contract.quarantined:,} would be quarantined ({share:.2%})"
        for each in contract.broken:
            rule = f"{each.column}: {each.rule}" if each.column else each.rule
            shown = f", such as {', '.join(each.examples)}" if each.examples else ""
            yield from _hanging(f"{each.rows:>6,}  {rule}{shown}", "  ", " " * 10)
    yield from (line for part in note.splitlines() for line in _hanging(part, "  ", "  "))
