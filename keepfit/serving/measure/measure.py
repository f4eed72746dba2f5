"""Parity, size, time and memory of a version through the path that its callers will take."""

from collections.abc import Iterator, Sequence
from math import ceil
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.errors import InfrastructureError, Problem
from keepfit.evaluate import Sample
from keepfit.export import Probe
from keepfit.records import Exported, Manifest, Measured, Signature, finite, parse
from keepfit.score import Scorer, load_trained, one_thread
from keepfit.serving.measure.process import NUMBER, Lone, lone
from keepfit.serving.measure.questions import asked
from keepfit.store import Store, get

Floats = NDArray[np.float64]
Prediction = dict[str, Any]

LONE_REQUESTS = 240
WARM = 40  # of them, which are not timed
EXACT = 1e-6  # an answer so near is that of this version: how near exactly is for the gate to judge
_REFUSED = 200  # at most so many records that the contract forbids are sent, each alone
_RECORDS, _VALUES = 256, 20_000  # of a request, at most
_ALONE = 400  # requests for records that are not as usual: of one each, where there are no more


def measure(store: Store, manifest: Manifest, exported: Exported, sample: Sample) -> Measured:
    """Serve the version in a process of its own, ask it over HTTP, compare with the training object.

    Records that the contract of the version forbids have to be refused. One that is answered, one that is refused and
    should not be, an answer that is not a number and a decision that does not follow from it leave ``parity`` None,
    which no gate passes.

    Raises
    ------
    InfrastructureError
        The server does not start, or does not answer.
    IntegrityError
        A file is not what its digest says, or the server refuses the version.
    """
    probe = parse(get(store, exported.files["probe"]), Probe, f"objects/{exported.files['probe']}")
    signature = parse(get(store, exported.files["signature"]), Signature, f"objects/{exported.files['signature']}")
    trained = load_trained(store, exported.files)
    with one_thread():
        bodies, expected, forbidden, plain = asked(signature, trained, probe, sample)
    with lone(store, manifest) as server:
        caller = _Caller(server, manifest, expected.shape[1])
        cold = _cold_start(caller, bodies, expected)
        most = max(1, min(_RECORDS, _VALUES // len(signature.columns)))
        few = min(most, ceil((len(bodies) - plain) / _ALONE))
        parts = (*_parts(bodies[:plain], most), *_parts(bodies[plain:], few))
        found = [each for part in parts for each in caller.ask(part)]
        times, alone = _lone_requests(caller, bodies)
        sent = _spread(forbidden, _REFUSED)
        accepted = sum(each is not None for body in sent for each in caller.ask([body]))
        memory, engine = server.memory(), caller.engine()
    places = [*range(len(bodies)), *(turn % len(bodies) for turn in range(len(alone)))]
    expected, found = expected[places], [*found, *alone]
    answers = caller.answers(found)
    notes = [*_notes(found, answers, accepted), *_decisions(trained, manifest.classes, found, answers, expected)]
    worst = np.abs(answers - expected).max(initial=0.0)
    return Measured(
        parity=None if notes else finite(worst),
        parity_rows=len(bodies),
        bytes=exported.bytes,
        p50_ms=_quantile(times, 0.5),
        p99_ms=_quantile(times, 0.99),
        over="http",
        engine=engine,
        refused=len(sent) - accepted,
        note="; ".join(notes),
        cold_start=cold,
        memory=memory,
    )


class _Caller:
    """Asks for predictions of one version and reads them."""

    def __init__(self, server: Lone, manifest: Manifest, width: int) -> None:
        self._server, self._manifest, self._width = server, manifest, width
        self._path = f"/v1/models/{manifest.use_case}"
        self.started = server.started

    def engine(self) -> str:
        """How the server says that it asks the version."""
        said = self._server.ask(self._path)[1]
        return str(said.get("engine", ""))

    def ask(self, bodies: Sequence[bytes]) -> list[Prediction | None]:
        """A prediction for each record; None where the server refuses it, or fails at it."""
        if not bodies:
            return []
        body = bodies[0] if len(bodies) == 1 else b'{"records": [' + b", ".join(bodies) + b"]}"
        status, said = self._server.ask(f"{self._path}/predict", body)
        if status == 200:
            return self._predictions(said, len(bodies))
        if status not in {422, 500}:
            raise _unexpected(f"status {status}, {said.get('code', '')}")
        return [None] if len(bodies) == 1 else [each for one in bodies for each in self.ask([one])]

    def _predictions(self, said: dict[str, Any], count: int) -> list[Prediction | None]:
        predictions: list[Prediction | None] = said["predictions"]
        if (said["use_case"], said["version"], len(predictions)) != (self._manifest.use_case, NUMBER, count):
            raise _unexpected("answers of another version, or to other records")
        return predictions

    def answers(self, predictions: Sequence[Prediction | None]) -> Floats:
        """Probabilities (n, k) by class, or values (n, 1); NaN where there is none."""
        rows = [self._row(each) for each in predictions]
        return np.array(rows, np.float64).reshape(len(rows), self._width)

    def _row(self, prediction: Prediction | None) -> list[Any]:
        if prediction is None:
            return [None] * self._width
        if "scores" in prediction:
            return [prediction["scores"][name] for name in self._manifest.classes]
        if "value" in prediction:
            return [prediction["value"]]
        score = prediction["score"]
        return [None, None] if score is None else [1.0 - score, score]


def _unexpected(found: str) -> InfrastructureError:
    return InfrastructureError(
        Problem("the new version could not be measured", "measure", "predictions of its records", found)
    )


def _parts(bodies: Sequence[bytes], rows: int) -> Iterator[Sequence[bytes]]:
    return (bodies[start : start + rows] for start in range(0, len(bodies), max(rows, 1)))


def _cold_start(caller: _Caller, bodies: Sequence[bytes], expected: Floats) -> float | None:
    """Seconds until the first answer, if that is a right one."""
    (first,) = caller.answers(caller.ask(bodies[:1])) if bodies else ([np.nan],)
    seconds = perf_counter() - caller.started
    right = np.abs(first - expected[:1]) <= EXACT * np.maximum(1.0, np.abs(expected[:1]))
    return seconds if bodies and right.all() else None


def _lone_requests(caller: _Caller, bodies: Sequence[bytes]) -> tuple[list[float], list[Prediction | None]]:
    """Milliseconds of requests for one record, those that warm up left out, and the answers of all."""
    times, answers = [], []
    for turn in range(LONE_REQUESTS if bodies else 0):
        start = perf_counter()
        answers.extend(caller.ask([bodies[turn % len(bodies)]]))
        times.append((perf_counter() - start) * 1e3)
    return times[WARM:], answers


def _quantile(times: Sequence[float], share: float) -> float | None:
    return finite(np.quantile(times, share)) if times else None


def _spread(bodies: Sequence[bytes], most: int) -> list[bytes]:
    places = np.unique(np.linspace(0, len(bodies) - 1, min(most, len(bodies))).astype(int))
    return [bodies[place] for place in places]


def _notes(found: Sequence[Prediction | None], answers: Floats, accepted: int) -> Iterator[str]:
    """Why there is no parity, where there is none."""
    refused = sum(each is None for each in found)
    odd = int((~np.isfinite(answers)).any(axis=1).sum()) - refused
    if accepted:
        yield f"{accepted:,} records that the contract forbids were answered"
    if refused:
        yield f"{refused:,} records that the contract allows were not answered"
    if odd:
        yield f"{odd:,} answers are not numbers"


def _decisions(
    trained: Scorer, classes: Sequence[str], found: Sequence[Prediction | None], answers: Floats, expected: Floats
) -> Iterator[str]:
    """Whether each decision is the one of the training object's answer, or (in a tie) of the answer that came."""
    if not classes:
        return
    pairs = zip(trained.decide(expected).tolist(), trained.decide(np.nan_to_num(answers)).tolist(), strict=True)
    allowed = [{classes[one], classes[other]} for one, other in pairs]
    wrong = sum(each is not None and each["decision"] not in names for each, names in zip(found, allowed, strict=True))
    if wrong:
        yield f"{wrong:,} decisions do not follow from their answers"
