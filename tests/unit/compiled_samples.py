"""Rows of every feature kind, pipelines trained on them, and the compiled forms of these."""

from datetime import UTC, datetime, timedelta

import numpy as np

from keepfit import features, score
from keepfit.config.features import Derived
from keepfit.export import CompiledFile, compiled_of, dump, hostile_records, load, load_compiled
from keepfit.records import Signature, SignedColumn, canonical
from keepfit.score import Output, Scorer
from keepfit.score.output import Isotonic, Sigmoid, Temperature
from keepfit.train.estimators import Lesson, fit, form_of, layout_of
from keepfit.train.matrix import matrix_for

FEATURES = {
    "number": {"x": ("number",), "y": ("number",)},
    "category": {"group": ("category",), "x": ("number",)},
    "rare and many": {"shop": ("category",), "x": ("number",)},
    "target_encoding": {"shop": ("target_encoding",), "group": ("target_encoding",)},
    "hashing": {"shop": ("hashing",), "x": ("number",)},
    "text": {"note": ("text",), "x": ("number",)},
    "calendar": {"at": ("hour", "day_of_week", "day_of_month", "day_of_year", "month")},
    "cyclic": {
        "at": ("hour_cyclic", "day_of_week_cyclic", "day_of_month_cyclic", "day_of_year_cyclic", "month_cyclic")
    },
    "made of two": {
        "a": Derived(how="ratio", of=("x", "y")),
        "b": Derived(how="difference", of=("x", "y")),
        "c": Derived(how="hours_between", of=("booked", "at")),
    },
}
FEATURES["everything"] = {name: how for wanted in FEATURES.values() for name, how in wanted.items()} | {
    "shop": ("category", "target_encoding", "hashing"),
    "at": ("hour", "month_cyclic"),
}

TYPES = {"x": "float", "y": "float", "group": "category", "shop": "category", "note": "text", "at": "time",
         "booked": "time"}  # fmt: skip

SETTINGS = {
    "hist_gradient_boosting": {"max_iter": 6, "min_samples_leaf": 4},
    "random_forest": {"n_estimators": 6, "min_samples_leaf": 2},
    "extra_trees": {"n_estimators": 6, "min_samples_leaf": 2},
    "neural_network": {"hidden_layer_sizes": 7, "max_iter": 5},
}

OUTPUTS = {
    "binary": (
        Output(),
        Output(calibration=Sigmoid(slope=1.7, intercept=-0.3)),
        Output(calibration=Isotonic(x=(0.1, 0.4, 0.9), y=(0.05, 0.5, 0.8)), threshold=0.4),
    ),
    "multiclass": (Output(), Output(calibration=Temperature(temperature=1.6))),
    "regression": (Output(),),
}

_CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}
_START = datetime(2013, 1, 1, tzinfo=UTC)


def records(count=300, seed=1):
    """Raw records, a twentieth of all values missing."""
    draw = np.random.default_rng(seed)
    words = ("late", "engine", "all well", "Straße", "🛫 gate", "no news")

    def row():
        at = _START + timedelta(minutes=int(draw.integers(0, 600_000)))
        whole = {
            "x": float(draw.normal()),
            "y": float(draw.normal() * 1e5),
            "group": str(draw.choice(["a", "b", "c", "d"])),
            "shop": f"shop {int(draw.exponential(60))}",
            "note": " ".join(draw.choice(words, int(draw.integers(0, 4)))),
            "at": at.isoformat(),
            "booked": (at - timedelta(minutes=int(draw.integers(-60, 60_000)))).isoformat(),
        }
        return {name: None if draw.random() < 0.05 else value for name, value in whole.items()}

    return [row() for _ in range(count)]


def labels_of(rows, task, seed=1):
    """What follows from a row, roughly."""
    noise = np.random.default_rng(seed).normal(size=len(rows))
    pull = [(row["x"] or 0.0) + (row["group"] == "a") + ("late" in (row["note"] or "")) for row in rows]
    value = np.array(pull) + 0.5 * noise
    if task == "regression":
        return value * 1e3 + 5e4
    return np.searchsorted(np.quantile(value, [0.6] if task == "binary" else [0.4, 0.8]), value).astype(np.int64)


def pipeline(candidate, task, wanted, rows, settings=None, seed=1):
    """The encoding and the estimator, as training makes them."""
    labels = labels_of(rows, task, seed)
    target = features.Target(labels, _CLASSES[task], seed)
    columns = features.from_records(rows, features.kinds_of(wanted))
    encoding = features.fit(form_of(candidate), wanted, columns, "America/New_York", target)
    matrix = matrix_for(layout_of(candidate), encoding, features.cross_fitted(encoding, columns, target))
    lesson = Lesson(task, len(rows), tuple(encoding.categorical), seed)
    with score.one_thread():
        estimator, _ = fit(
            candidate, SETTINGS.get(candidate, {}) if settings is None else settings, lesson, matrix, labels
        )
    return encoding, estimator


def compiled_bytes(estimator):
    form = compiled_of(estimator)
    assert not isinstance(form, str), form
    return canonical(CompiledFile(form=form))


def signature_of_all(kinds, task, **limits):
    """What a server takes: every column may be missing; ``limits`` are further rules by column."""
    columns = [
        SignedColumn(name=name, type=TYPES[name], roles=("feature",), nullable=True, **limits.get(name, {}))
        for name in kinds
    ]
    return Signature(
        use_case="planted", description="", task=task, timezone="America/New_York", label="l", columns=tuple(columns)
    )


def both(encoding, estimator, output=None):
    """The scorer around what was trained, and the one that serves, both from bytes."""
    output = output or Output()
    trained = Scorer(encoding, load(dump(estimator)), output)
    return trained, Scorer(encoding, load_compiled(compiled_bytes(estimator)), output)


def asked(encoding, rows):
    """Rows, and copies of the first with values that are missing, unseen, extreme, or of every learnt category."""
    odd = [rows[0] | {"x": value} for value in (100000012.0, -0.0, 5e-324, 1e17 + 8, 10**400, -(10**400))]
    odd += [
        rows[0] | {"group": value, "shop": f"unseen {place}"} for place, value in enumerate((True, 7, "Ⅻ", "e" * 999))
    ]
    known = [
        rows[0] | {feature.column: level}
        for feature in encoding.features
        for level in (*getattr(feature, "levels", ()), *getattr(feature, "rare", ()))
    ]
    buckets = 300 if "shop" in encoding.kinds else 0  # of hashing: some that training has not seen
    unseen = [rows[0] | {"shop": f"new {place}"} for place in range(buckets)]
    return [*rows, *hostile_records(rows[0], encoding.kinds), *odd, *known, *unseen, {}]
