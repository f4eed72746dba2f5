"""The use case at hand, made by the production code in a scratch store: its data, its model, what that says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit import data, evaluate, export, features, ledger, score, split, train, validate
from keepfit.config.model import UseCase
from keepfit.records import Extracted, Measured, Moment, Split, Trained, Validated, parse
from keepfit.score import Naive, Scorer, one_thread
from keepfit.store import Store, get, put

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """Everything that verdicts on planted models and planted data are made from.

    ``right`` are the trained model's answers to the holdout, (n, k) probabilities or (n,) values; ``residuals`` (n,)
    what came less that, about 0, rising (regression). ``beside`` is the confidence of bounds beside a champion: that of
    a first look.
    """

    store: Store
    use_case: UseCase
    moment: Moment
    root: Path
    looked: Mapping[str, data.Looked]
    extracted: Extracted
    validated: Validated
    split: Split
    trained: Trained
    measured: Measured
    rows: evaluate.Asked
    scorer: Scorer
    right: Floats
    residuals: Floats
    naive: Naive
    stored: str
    beside: float

    @property
    def seed(self) -> int:
        """Of everything that is drawn."""
        return self.use_case.train.seed

    def decisions(self, prediction: Floats) -> Any:
        """What the model decides at its own threshold; nothing to decide for values."""
        return self.scorer.decide(np.nan_to_num(prediction)) if prediction.ndim == 2 else None


def _nobody(_text: str) -> None:
    return None


def prepare(
    store: Store, use_case: UseCase, moment: Moment, root: Path, tell: Callable[[str], None] = _nobody
) -> Bench:
    """Extract, validate, split, train, export and measure, as a run would.

    Parameters
    ----------
    store : an empty one, to be thrown away.
    root : the folder that the sources' paths are relative to.
    tell : hears what is being done.

    Raises
    ------
    DataError
        The data at hand are not what the YAML promises, so nothing can be planted in them.
    """
    tell("extract")
    looked = data.look(store, use_case, root)
    extracted = data.extract(store, use_case, moment, root, looked)
    tell("validate")
    validated = validate.validate(store, use_case, extracted, moment)
    division = split.split(store, use_case, validated.snapshot, extracted.parts)
    tell("train")
    trained = train.train(store, use_case, division)
    exported = export.export(store, trained)
    scorer = score.load(store, exported.files)
    rows = evaluate.asked(store, use_case, division, trained.classes)
    with one_thread():
        right = scorer.predict(features.from_table(rows.table, scorer.encoding.kinds))
    return Bench(
        store=store,
        use_case=use_case,
        moment=moment,
        root=root,
        looked=looked,
        extracted=extracted,
        validated=validated,
        split=division,
        trained=trained,
        measured=score.measure(store, exported),
        rows=rows,
        scorer=scorer,
        right=right,
        residuals=np.empty(0) if right.ndim == 2 else _centred(rows.labels - right),
        naive=parse(get(store, exported.files["naive"]), Naive, "naive"),
        stored=put(store, np.ascontiguousarray(right, "<f8").tobytes()),
        beside=1.0 - ledger.spend_of(None, use_case.false_promotions, moment.as_of),
    )


def _centred(residuals: Floats) -> Floats:
    return np.sort(residuals - residuals.mean())
