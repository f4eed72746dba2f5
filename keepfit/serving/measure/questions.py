"""What a version is asked over HTTP, and what the training object says to that."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from math import isfinite, isnan
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from keepfit.evaluate import Sample
from keepfit.export import Probe
from keepfit.records import Signature, SignedColumn
from keepfit.score import Scorer
from keepfit.serving.closer_look import rows_of
from keepfit.serving.problems import HttpProblem

Floats = NDArray[np.float64]
Raw = Mapping[str, Any]

TEXTS = ('she said "no"\\\n\t', "Straße, Ελλάδα, Москва, 北京", "🛫", " ", "null")
ELSEWHERE = timezone(timedelta(hours=5, minutes=45))


class Asked(NamedTuple):
    """Bodies of a record each, the first ``plain`` ones as usual, and the training object's answers to them (n, k).

    The others are read another way, and so would be whatever stood in a request beside them. ``refused`` are bodies
    that the contract of the version forbids.
    """

    bodies: list[bytes]
    expected: Floats
    refused: list[bytes]
    plain: int


class Spelling(NamedTuple):
    """A record as the training object takes it, and as JSON."""

    record: Raw
    sent: Raw


def asked(signature: Signature, trained: Scorer, probe: Probe, sample: Sample) -> Asked:
    """The probe's records, the sample's, and the first of them in every other way that JSON knows.

    Rows of a table are answered as a table, not as records: so both ways of reading must agree too.
    """
    columns = {column.name: column for column in signature.columns}
    first = (sample.records or probe.records)[0]
    plain = list(_plain((*probe.records, *sample.records), columns))
    other = list(_other_spellings(first, signature))
    extra = [spelling.record for spelling in (*plain[len(probe.records) + sample.real :], *other, *other)]
    answers = [np.array(probe.expected, np.float64)]
    if sample.columns is not None:
        answers.append(trained.predict(sample.columns).reshape(sample.real, -1))
    answers.append(trained.predict_records(extra).reshape(len(extra), -1))
    bodies = [json.dumps(spelling.sent, ensure_ascii=False).encode() for spelling in (*plain, *other)]
    bodies += [json.dumps(spelling.sent).encode() for spelling in other]  # escaped, which is read another way
    zone = ZoneInfo(signature.timezone)
    taken = np.array([_taken(columns, zone, body) for body in bodies], bool)
    return Asked(
        [body for body, good in zip(bodies, taken, strict=True) if good],
        np.concatenate(answers)[taken],
        [body for body, good in zip(bodies, taken, strict=True) if not good],
        int(taken[: len(plain)].sum()),
    )


def _taken(columns: Mapping[str, SignedColumn], zone: ZoneInfo, body: bytes) -> bool:
    """Whether the contract lets a body pass; read slowly, whichever way the server reads it."""
    try:
        rows_of(columns, zone, body)
    except HttpProblem:
        return False
    return True


def _plain(records: Sequence[Raw], columns: Mapping[str, SignedColumn]) -> Iterator[Spelling]:
    """Records as a caller would write them: the level of a column of numbers is a number again."""
    for record in records:
        yield Spelling(record, {name: _as_sent(columns[name], value) for name, value in record.items()})


def _as_sent(column: SignedColumn, value: Any) -> Any:
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, str):
        return _LEVELS.get(column.type, _same)(value)
    if column.type == "int" and isinstance(value, float) and isfinite(value) and value.is_integer():
        return int(value)
    return value


def _same(text: str) -> Any:
    return text


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


_LEVELS = {"int": _json_or_text, "float": _json_or_text, "bool": _json_or_text}


def _other_spellings(record: Raw, signature: Signature) -> Iterator[Spelling]:
    """One record, each time with one value said otherwise, or left out."""
    columns = {column.name: column for column in signature.columns}
    (plain,) = _plain([record], columns)
    for name, value in record.items():
        column = columns[name]
        for meant, sent in _SAID.get(column.type, _of_texts)(value, ZoneInfo(signature.timezone)):
            yield Spelling({**record, name: meant}, {**plain.sent, name: sent})
        yield Spelling({**record, name: None}, {other: plain.sent[other] for other in plain.sent if other != name})


def _of_texts(_value: Any, _zone: ZoneInfo) -> Iterator[tuple[Any, Any]]:
    yield from ((text, text) for text in TEXTS)
    yield from (("7", 7), ("true", True))


def _of_numbers(value: Any, _zone: ZoneInfo) -> Iterator[tuple[Any, Any]]:
    """Whole numbers with and without a point."""
    whole = round(value) if isinstance(value, int | float) and isfinite(value) else 1
    if abs(whole) <= 2**53:
        yield from ((float(whole), whole), (float(whole), float(whole)))


def _of_times(value: Any, zone: ZoneInfo) -> Iterator[tuple[Any, Any]]:
    """The same moment by another clock, and by the one of the use case without saying so, unless it is put back."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else datetime(2024, 1, 31, 8, 30, tzinfo=zone)
    local = moment.astimezone(zone).replace(tzinfo=None)
    said = [moment.astimezone(ELSEWHERE).isoformat()]
    if local.replace(tzinfo=zone).astimezone(ELSEWHERE) == moment.astimezone(ELSEWHERE):
        said.append(local.isoformat())
    yield from ((moment.isoformat(), each) for each in said)


def _of_truths(_value: Any, _zone: ZoneInfo) -> Iterator[tuple[Any, Any]]:
    yield from (("true", True), ("false", False))


_SAID: dict[str, Callable[[Any, ZoneInfo], Iterator[tuple[Any, Any]]]] = {
    "float": _of_numbers,
    "int": _of_numbers,
    "time": _of_times,
    "bool": _of_truths,
}
