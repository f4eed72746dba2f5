"""Reasons of predictions: `keepfit.score.Explainer` in a thread of its own, in the words of the protocol."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import isfinite
from time import perf_counter

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from keepfit.score import Pushes
from keepfit.serving.answers import RETRY_AFTER, Answers
from keepfit.serving.asked import Scored
from keepfit.serving.closer_look import Row
from keepfit.serving.problems import HttpProblem
from keepfit.serving.version import Contribution, Live, Prediction, Reasons

MOST = 100  # records of a request
SHOWN = 5  # columns of a record that are told one by one
_WORDS = {"true": True, "false": False}


def asked_for(parameters: Sequence[tuple[str, str]]) -> bool:
    """Whether the parameters of a request ask for reasons.

    Raises
    ------
    HttpProblem
        422: there are others, or ``explain`` is neither true nor false.

    Examples
    --------
    >>> asked_for([("explain", "true")]), asked_for([])
    (True, False)
    """
    for name, word in parameters:
        if name != "explain":
            from keepfit.config.suggest import did_you_mean

            meant = did_you_mean(name[:60], ["explain"])
            detail = f"this path has one parameter, explain{'; ' if meant else ''}{meant}"
            raise HttpProblem(422, "unknown_parameter", detail)
        if word not in _WORDS:
            raise HttpProblem(422, "parameter", "expected explain=true or explain=false")
    if len(parameters) > 1:
        raise HttpProblem(422, "parameter", "expected explain once")
    return any(_WORDS[word] for _, word in parameters)


def see_that_explainable(live: Live) -> None:
    """See that a version can tell reasons.

    Raises
    ------
    HttpProblem
        409: it carries no background.
    """
    if live.explainer is None:
        name = live.signature.use_case
        detail = (
            f"version {live.seat.number} is of a build whose versions carry no background to explain against: "
            f"run `keepfit run {name}` once with this one, or ask without explain"
        )
        raise HttpProblem(409, "no_reasons", detail)


def see_that_few(records: Sequence[Row]) -> None:
    """See that a request asks for no more reasons than it may.

    Raises
    ------
    HttpProblem
        413: there are too many records.
    """
    if len(records) > MOST:
        raise HttpProblem(413, "too_many_records", f"expected at most {MOST} records with explain=true")


class Explaining:
    """One thread, so that those who ask for no reasons have the others."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="explain")

    async def explained(self, scored: Scored) -> Scored:
        """An answer with its reasons.

        Raises
        ------
        HttpProblem
            504: it would take too long.
        """
        started, live, answered = perf_counter(), scored.asked.live, scored.answered
        until = started + self._answers.deadline
        words = (live, answered.records, answered.predictions, until)
        work = asyncio.get_running_loop().run_in_executor(self._pool, _explained, *words)
        try:
            found = await asyncio.wait_for(work, self._answers.deadline)
        except TimeoutError:
            raise HttpProblem(504, "deadline", "the reasons took too long", headers=RETRY_AFTER) from None
        name = live.signature.use_case
        self._answers.metrics.add("explained", name, count=len(found))
        self._answers.metrics.add("explain_seconds", name, count=perf_counter() - started)
        return scored._replace(answered=answered._replace(predictions=found))


def _explained(live: Live, records: Sequence[Row], predictions: list[Prediction], until: float) -> list[Prediction]:
    found = []
    for record, prediction in zip(records, predictions, strict=True):
        if perf_counter() > until:
            raise TimeoutError  # who asked has gone
        found.append(replace(prediction, reasons=reasons_of(live, record, prediction)))
    return found


def reasons_of(live: Live, record: Mapping[str, object], prediction: Prediction) -> Reasons | None:
    """Why the score of a prediction is what it is: of two classes of the second, of more of the one decided for.

    None where the answer, or one on the way to it, is no finite number.
    """
    if live.explainer is None:
        return None
    score, output, of = _explained_score(live, prediction)
    if score is None:
        return None
    pushes = live.explainer.pushes(record, score, output)
    return _told(pushes, live.explainer.columns, of)


def _explained_score(live: Live, prediction: Prediction) -> tuple[float | None, int, str | UnsetType]:
    """The number to explain, its place among the answers of the model, and the class that it is of."""
    classes = live.manifest.classes
    if prediction.value is not UNSET:
        return prediction.value, 0, UNSET
    if prediction.score is not UNSET:
        return prediction.score, 1, classes[1]
    assert prediction.scores is not UNSET
    assert prediction.decision is not UNSET
    return prediction.scores[prediction.decision], classes.index(prediction.decision), prediction.decision


def _told(pushes: Pushes, columns: Sequence[str], of: str | UnsetType) -> Reasons | None:
    """The largest one by one, the sum of all others beside them."""
    credits = pushes.pushes.tolist()
    if not all(map(isfinite, (pushes.base, *credits))):
        return None
    order = sorted(range(len(credits)), key=lambda place: -abs(credits[place]))
    shown = [place for place in order[:SHOWN] if credits[place]]
    told = tuple(Contribution(feature=columns[place], contribution=credits[place]) for place in shown)
    return Reasons(of=of, base=pushes.base, contributions=told, others=sum(credits[place] for place in order[SHOWN:]))
