"""A version that can answer: its files verified, loaded, and asked once for what they are known to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
from msgspec import UNSET, UnsetType

from keepfit import features, registry, score
from keepfit.errors import IntegrityError, Problem
from keepfit.export import Background, Probe
from keepfit.features.categories import CategoryFeature
from keepfit.records import Manifest, Seat, Signature, finite, parse
from keepfit.serving.closer_look import Row
from keepfit.serving.example import example_of
from keepfit.serving.rows import Rows
from keepfit.store import Store, get

T = TypeVar("T")

EXACT = 1e-9  # how far an answer may be from what the training object said, and of large values which share


class Contribution(msgspec.Struct, frozen=True):
    """By how much a column pushed a score: up where it is above 0."""

    feature: str
    contribution: float


class Reasons(msgspec.Struct, frozen=True):
    """``base``, ``contributions`` and ``others`` (of columns not named) add up to the score of class ``of``."""

    base: float
    contributions: tuple[Contribution, ...]
    others: float
    of: str | UnsetType = UNSET


class Prediction(msgspec.Struct, frozen=True):
    """An answer to one record: ``score`` of the second of two classes, ``scores`` of several, or a ``value``.

    A model whose answer is not finite has none (null), and a warning says so. ``reasons`` are there if they were asked
    for, null where there is nothing finite to explain.
    """

    id: str
    score: float | UnsetType | None = UNSET
    scores: dict[str, float | None] | UnsetType = UNSET
    value: float | UnsetType | None = UNSET
    decision: str | UnsetType = UNSET
    warnings: tuple[str, ...] = ()
    reasons: Reasons | UnsetType | None = UNSET


class Answered(NamedTuple):
    """Records, what the model said of each (k probabilities, or a value), and what is answered."""

    records: list[Row]
    outcomes: list[Any]
    predictions: list[Prediction]


@dataclass(frozen=True, eq=False)
class Live:
    """A loaded version; ``levels`` are the categories it has learnt, by column.

    Versions of earlier builds have no ``explainer``.
    """

    seat: Seat
    manifest: Manifest
    signature: Signature
    rows: Rows
    scorer: score.Scorer
    levels: Mapping[str, frozenset[str]]
    example: Row
    explainer: score.Explainer | None = None

    def answer(self, records: list[Row], first_id: str) -> Answered:
        """An answer to each record, in order; ids are made from ``first_id`` and the place."""
        return self.answer_all([(records, first_id)])[0]

    def answer_all(self, asked: Sequence[tuple[list[Row], str]]) -> list[Answered]:
        """The same for several requests at once: each with its records and its first id."""
        records = asked[0][0] if len(asked) == 1 else [record for rows, _ in asked for record in rows]
        ids = [one for rows, first_id in asked for one in ids_of(first_id, len(rows))]
        outcomes, predictions = self._answers(records, ids)
        if len(asked) == 1:
            return [Answered(records, outcomes, predictions)]
        ends = list(accumulate(len(rows) for rows, _ in asked))
        return [
            Answered(rows, outcomes[end - len(rows) : end], predictions[end - len(rows) : end])
            for (rows, _), end in zip(asked, ends, strict=True)
        ]

    def _answers(self, records: list[Row], ids: list[str]) -> tuple[list[Any], list[Prediction]]:
        answers = self.scorer.predict_records(records)
        warned = list(map(self._warnings, records))
        outcomes = answers.tolist()
        if not _all_finite(answers, outcomes):
            pairs = zip(warned, _not_finite(answers), strict=True)
            warned = [(*those, "the model has no finite answer") if bad else those for those, bad in pairs]
        if self.manifest.classes:
            chosen = self.scorer.decide(answers).tolist()
            return outcomes, list(map(self._of_classes, ids, outcomes, warned, chosen))
        return outcomes, list(map(_of_value, ids, outcomes, warned))

    def _of_classes(self, one: str, row: list[float], warnings: tuple[str, ...], chosen: int) -> Prediction:
        classes = self.manifest.classes
        if len(classes) == 2:
            return Prediction(id=one, score=finite(row[1]), decision=classes[chosen], warnings=warnings)
        scores = {name: finite(share) for name, share in zip(classes, row, strict=True)}
        return Prediction(id=one, scores=scores, decision=classes[chosen], warnings=warnings)

    def _warnings(self, record: Row) -> tuple[str, ...]:
        """What is odd about a record that is answered nevertheless."""
        unseen = [
            name for name, known in self.levels.items() if (at := record.get(name)) is not None and at not in known
        ]
        return tuple(f"{name}: training has not seen this value" for name in unseen) if unseen else ()


def ids_of(first: str, count: int) -> list[str]:
    """The ids of so many records of one request."""
    return [first] if count == 1 else [f"{first}.{place}" for place in range(count)]


def _of_value(one: str, value: float, warnings: tuple[str, ...]) -> Prediction:
    return Prediction(id=one, value=finite(value), warnings=warnings)


def _all_finite(answers: Any, outcomes: list[Any]) -> bool:
    """Whether the model has an answer to each record; of one, numpy would take longer to say so."""
    if len(outcomes) > 1:
        return bool(np.count_nonzero(np.isfinite(answers)) == answers.size)
    return all(all(map(isfinite, one)) if isinstance(one, list) else isfinite(one) for one in outcomes)


def _not_finite(answers: Any) -> list[bool]:
    bad = ~np.isfinite(answers)
    flags: list[bool] = (bad.any(axis=1) if bad.ndim > 1 else bad).tolist()
    return flags


def load(store: Store, use_case: str, seat: Seat) -> Live:
    """The version of a seat, every byte of it verified, which answers its probe set as the training object did.

    Raises
    ------
    IntegrityError
        A file was altered, is not what it should be, or the version answers otherwise.
    InfrastructureError
        The store did not answer, or (Missing) a file is gone.
    """
    live = opened(store, use_case, seat)
    see_that_it_answers(store, live)
    return live


def opened(store: Store, use_case: str, seat: Seat) -> Live:
    """The version of a seat, every byte of it verified, but not asked yet; raises as `load`."""
    manifest = registry.manifest(store, use_case, seat.digest)
    signature = _signature(store, manifest, seat)
    encoding = _file(store, manifest, "features", features.Encoding)
    scorer = score.load(store, manifest.files)
    return Live(
        seat=seat,
        manifest=manifest,
        signature=signature,
        rows=Rows(signature),
        scorer=scorer,
        levels=_levels(encoding, signature),
        example=example_of(signature, encoding),
        explainer=_explainer(store, manifest, scorer),
    )


def _explainer(store: Store, manifest: Manifest, scorer: score.Scorer) -> score.Explainer | None:
    if "background" not in manifest.files:
        return None
    return score.Explainer(scorer, _file(store, manifest, "background", Background))


def _signature(store: Store, manifest: Manifest, seat: Seat) -> Signature:
    if "signature" not in manifest.files:
        raise IntegrityError(
            Problem(
                f"version {seat.number} does not say which records it takes",
                where=f"{store.address}/{manifest.use_case}/versions/{seat.digest}.json",
                expected="a signature among its files",
                found="a version of an earlier build",
                do=f"run `keepfit run {manifest.use_case}` once with this build",
            )
        )
    return _file(store, manifest, "signature", Signature)


def _file(store: Store, manifest: Manifest, role: str, kind: type[T]) -> T:
    digest = manifest.files[role]
    return parse(get(store, digest), kind, f"objects/{digest}")


def see_that_it_answers(store: Store, live: Live) -> None:
    """See that a version answers its probe set as the training object did.

    Raises
    ------
    IntegrityError
        It does not.
    """
    probe, seat = _file(store, live.manifest, "probe", Probe), live.seat
    expected = np.array(probe.expected)
    answers = live.scorer.predict_records(probe.records).reshape(expected.shape)
    off = np.abs(answers - expected) - EXACT * np.maximum(1.0, np.abs(expected))
    if not (off <= 0).all():  # NaN is never right
        raise IntegrityError(
            Problem(
                f"version {seat.number} does not answer its probe set as it did when it was trained",
                where=f"version {seat.digest}",
                expected=f"the same answers, to {EXACT:g}",
                found=f"{int((~(off <= 0)).any(axis=-1).sum())} of {len(expected)} records answered otherwise",
            )
        )


def _levels(encoding: features.Encoding, signature: Signature) -> dict[str, frozenset[str]]:
    texts = {column.name for column in signature.columns if column.type in {"category", "text"}}
    return {
        each.column: frozenset((*each.levels, *each.rare))
        for each in encoding.features
        if isinstance(each, CategoryFeature) and each.column in texts
    }
