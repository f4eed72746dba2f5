"""What was measured of a version through the path that serves it, in words; times and memory are advice."""

from keepfit.records import Exported, Measured
from keepfit.report.numbers import count, exact, number, size


def measured_words(measured: Measured) -> str:
    """All of it in half a sentence.

    >>> measured_words(Measured(parity=0.0, parity_rows=9, bytes=1, p50_ms=0.31, p99_ms=0.62, over="http",
    ...                         engine="compiled: trees", cold_start=0.4312, memory=61_500_000))
    'compiled: trees over HTTP, parity 0; a lone request 0.31 ms (99% within 0.62 ms), cold start 0.43 s, 61.5 MB'
    """
    parity = "none" if measured.parity is None else f"{measured.parity:.1g}"
    how = "over HTTP" if measured.over == "http" else "in process"
    return f"{measured.engine or 'served'} {how}, parity {parity}; {', '.join(_costs(measured))}"


def _costs(measured: Measured) -> list[str]:
    tail = f" (99% within {number(measured.p99_ms)} ms)" if measured.p99_ms is not None else ""
    return [
        f"a lone request {number(measured.p50_ms)} ms{tail}" if measured.p50_ms is not None else "no request was timed",
        *([f"cold start {measured.cold_start:.2f} s"] if measured.cold_start is not None else []),
        *([size(measured.memory)] if measured.memory is not None else []),
    ]


def measured_facts(measured: Measured, exported: Exported) -> tuple[tuple[str, str], ...]:
    """The same as rows of a table: what it is, what was found."""
    how = "over HTTP, from a process of its own" if measured.over == "http" else "in the process of the run"
    speed = "not measured"
    if measured.p50_ms is not None:
        tail = f", 99% within {number(measured.p99_ms)} ms" if measured.p99_ms is not None else ""
        speed = f"{number(measured.p50_ms)} ms in the middle{tail} (advice, not a gate)"
    told = [
        ("Served by", exported.engine if not exported.note else f"{exported.engine} ({exported.note})"),
        ("Measured", how),
        ("Parity", f"largest difference {exact(measured.parity)} over {count(measured.parity_rows)}"),
        ("One record takes", speed),
    ]
    if measured.note:
        told.append(("No parity", measured.note))
    if measured.over == "http":
        told.append(("Refused", f"{count(measured.refused)} that the contract forbids, as it should be"))
    if measured.cold_start is not None:
        told.append(("Cold start", f"{measured.cold_start:.2f} s from starting a process to its first right answer"))
    if measured.memory is not None:
        told.append(("Memory", f"{size(measured.memory)} resident, of the process that answered"))
    return tuple(told)
