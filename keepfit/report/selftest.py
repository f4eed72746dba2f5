"""What a self-test found, as plain lines for a terminal: a line a fault, then what became of the good model."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from keepfit.records import FaultResult, GoodModel, Selftested
from keepfit.report.wording import visible

WORDS = {
    "caught": "caught",
    "passed": "PASSED",
    "not_guarded": "NOT GUARDED",
    "not_applicable": "-",
}
_INDENT = " " * 4
_WIDTH = 110


def selftest_text(found: Selftested) -> str:
    """Every fault with what was planted and what caught it; what was not caught says why, and what to do."""
    models = [each for each in found.faults if each.kind == "model"]
    data = [each for each in found.faults if each.kind == "data"]
    lines = [
        "",
        f"{found.use_case} as of {found.as_of:%Y-%m-%d %H:%M} UTC: {found.candidate}, {found.rows:,} unseen rows",
        "",
        f"bad models, each judged in {found.good.seeds} worlds",
        *_table(models),
        "",
        "bad data",
        *_table(data),
        "",
        f"a good model beside an equal champion, in the same {found.good.seeds} worlds",
        *_good(found.good),
        "",
        _ended(found),
    ]
    return "\n".join(lines)


def _table(faults: Sequence[FaultResult]) -> Iterator[str]:
    rows = [(_word(each), each.fault, visible(each.planted, 80), _caught_by(each)) for each in faults]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(3)]
    for each, row in zip(faults, rows, strict=True):
        cells = [f"{cell:<{width}}" for cell, width in zip(row[:3], widths, strict=True)]
        yield f"  {'  '.join(cells)}  {row[3]}".rstrip()
        if each.outcome in {"passed", "not_guarded"}:
            said = "; ".join(filter(None, [visible(each.reason), f"expected {each.expected}", each.advice]))
            yield from wrap(said, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _word(fault: FaultResult) -> str:
    """What became of it, and how often where there were many worlds."""
    often = f" {fault.caught_in}/{fault.worlds}" if fault.kind == "model" and fault.outcome == "caught" else ""
    return WORDS[fault.outcome] + often


def _caught_by(fault: FaultResult) -> str:
    return fault.reason if fault.outcome == "not_applicable" else visible(fault.by or "", 80)


def _good(good: GoodModel) -> Iterator[str]:
    word = "right" if good.ok else "WRONG"
    yield f"  {word}  passed {good.passed}, undecided {good.undecided}, refused {good.refused} ({good.rate:.1%})"
    yield (
        f"{_INDENT}stated: a gate refuses a model that meets it in at most {good.stated:.3g} of all cases; "
        f"in {good.seeds} worlds chance explains {good.at_most}"
    )
    yield f"{_INDENT}the equal model was called better than the champion {good.called_better} times"
    for what, counts in (("refused by", good.refused_by), ("held up by", good.held_up_by)):
        for name, count in counts.items():
            yield f"{_INDENT}{what} {visible(name)} {count} times"
    if not good.passed:
        yield f"{_INDENT}it never passed: on these rows the gates ask for more than a right model can show"


def _ended(found: Selftested) -> str:
    passed = [each.fault for each in found.faults if each.outcome == "passed"]
    told = [f"not caught: {', '.join(passed)}"] if passed else []
    told += [f"nothing in the YAML would catch: {', '.join(found.not_guarded)}"] if found.not_guarded else []
    told += [] if found.good.ok else ["the good model was refused more often than stated, or never passed"]
    if told:
        return "\n".join(told)
    planted = sum(each.outcome != "not_applicable" for each in found.faults)
    return f"all {planted} faults were caught, and the good model was refused no more often than stated"
