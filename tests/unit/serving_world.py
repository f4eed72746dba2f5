"""Versions made in a moment, without a run, and a ledger that says which of them serves."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from keepfit import features, score
from keepfit.config import UseCase, signature_of
from keepfit.export import Background, Probe, dump, hostile_records
from keepfit.ledger import append, fold_of, head
from keepfit.records import Draft, Exported, Manifest, Rollout, Seat, canonical, digest_of
from keepfit.registry.versions import manifest_key
from keepfit.store import publish, put

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
COLUMNS = {
    "id": {"type": "text"},
    "at": {"type": "time"},
    "minutes": {"type": "float", "min": 0, "max": 100, "unit": "minute"},
    "guests": {"type": "int", "min": 1, "nullable": True},
    "door": {"type": "category", "values": ["north", "south"]},
    "colour": {"type": "category", "nullable": True},
    "member": {"type": "bool"},
    "age": {"type": "int", "min": 0},
    "back": {"type": "bool"},
}
FEATURES = {"minutes": "number", "guests": "number", "door": "category", "colour": "category", "member": "category",
            "at": ["hour"]}  # fmt: skip
GOOD = {"minutes": 12.5, "guests": 2, "door": "north", "colour": "red", "member": True, "at": "2024-05-01T10:00:00"}


def use_case(name="visits", task="binary", **changes):
    """A use case whose records have every type."""
    return UseCase.model_validate(yaml_of(name, task) | changes)


def yaml_of(name="visits", task="binary"):
    """The same as it stands in a YAML."""
    metric = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "r2"}[task]
    return {
        "name": name,
        "description": "Will a visitor come back?",
        "owner": "tests",
        "task": task,
        "data": {
            "timezone": "Europe/Berlin",
            "sources": {"rows": {"kind": "files", "path": "rows.csv"}},
            "key": ["id"],
            "event_time": "at",
            "label": {"column": "back"},
        },
        "contract": {"columns": COLUMNS},
        "features": FEATURES,
        "protected": {"age": {"bands": [30, 60]}},
        "split": {"by": "time", "holdout": "10d"},
        "train": {"candidates": ["ridge" if task == "regression" else "logistic_regression"], "seed": 3},
        "gates": [{"metric": metric, "at_least": 0.1}],
    }


def raw_records(count=120, seed=1):
    """Records of a use case, as a request may bring them."""
    draw = np.random.default_rng(seed)
    return [
        {
            "minutes": float(np.round(draw.uniform(0, 100), 3)),
            "guests": None if number % 13 == 0 else int(draw.integers(1, 6)),
            "door": ("north", "south")[int(draw.integers(2))],
            "colour": None if number % 17 == 0 else ("red", "blue", "green")[int(draw.integers(3))],
            "member": bool(draw.integers(2)),
            "at": (NOON + timedelta(hours=int(draw.integers(900)))).isoformat(),
        }
        for number in range(count)
    ]


@cache
def _fitted(task, turn):
    """An encoding and an estimator; another ``turn`` answers otherwise."""
    from sklearn.linear_model import LogisticRegression, Ridge

    case, records = use_case(task=task), raw_records(400)
    kinds = features.kinds_of(case.features)
    columns = features.from_records(records, kinds)
    encoding = features.fit("dense", case.features, columns, case.data.timezone)
    matrix = features.transform(encoding, columns)
    values = np.array([record["minutes"] for record in records]) * (1 if turn % 2 else -1)
    if task == "regression":
        return encoding, Ridge(alpha=1.0 + turn).fit(matrix, values)
    labels = (values > np.median(values)).astype(int)
    labels = labels + (values > np.quantile(values, 0.8)) if task == "multiclass" else labels
    return encoding, LogisticRegression(C=1.0 / (1 + turn), random_state=1).fit(matrix, labels)


def _background(kinds):
    """Rows that reasons are told against."""
    records = tuple({name: record[name] for name in kinds} for record in raw_records(16, seed=5))
    draw = np.random.default_rng(5)
    orders = tuple(tuple(draw.permutation(len(kinds)).tolist()) for _ in records)
    return Background(columns=tuple(kinds), records=records, orders=orders)


CLASSES = {"binary": ("false", "true"), "multiclass": ("few", "some", "many"), "regression": ()}


@cache
def _slow(task):
    """One that takes its time."""
    from sklearn.ensemble import RandomForestClassifier

    case, records = use_case(task=task), raw_records(400)
    columns = features.from_records(records, features.kinds_of(case.features))
    encoding = features.fit("dense", case.features, columns, case.data.timezone)
    values = np.array([record["minutes"] for record in records])
    forest = RandomForestClassifier(100, max_depth=4, random_state=1)
    return encoding, forest.fit(features.transform(encoding, columns), (values > np.median(values)).astype(int))


@cache
def _breaks(task):
    """One that overflows where many guests stay long, and answers all others as version 1 does."""
    from copy import deepcopy

    encoding, estimator = deepcopy(_fitted(task, 1))
    case = use_case(task=task)
    columns = features.from_records(
        [GOOD, GOOD | {"guests": 5}, GOOD | {"minutes": 99.0}], features.kinds_of(case.features)
    )
    rows = features.transform(encoding, columns)
    guests, minutes = (int(np.argmax(np.abs(rows[place] - rows[0]))) for place in (1, 2))
    estimator.coef_[0, guests], estimator.coef_[0, minutes] = 1.5e308, -1.5e308
    return encoding, estimator


CALM = [GOOD | {"minutes": 50.0, "guests": 3, "colour": colour} for colour in ("red", "blue")]
MADE = {"slow": _slow, "breaks": _breaks}


def version(store, turn=1, case=None, *, compile_it=True, **files):
    """The manifest of a version whose files are in the store; ``files`` replace some by other bytes.

    ``turn`` is a number, of which odd and even ones answer otherwise, or ``slow`` or ``breaks``.
    """
    case = case or use_case()
    encoding, estimator = MADE[turn](case.task) if turn in MADE else _fitted(case.task, turn)
    kinds = features.kinds_of(case.features)
    records = raw_records(30, seed=2)
    records = CALM if turn == "breaks" else [*records, *hostile_records(records[0], kinds)]
    matrix = features.transform(encoding, features.from_records(records, kinds))
    ask = estimator.predict if case.task == "regression" else estimator.predict_proba
    expected = tuple(map(tuple, np.asarray(ask(matrix)).reshape(len(records), -1).tolist()))
    made = {
        "features": canonical(encoding),
        "model": dump(estimator),
        "probe": canonical(Probe(records=tuple(records), expected=expected)),
        "signature": canonical(signature_of(case)),
        "background": canonical(_background(kinds)),
    }
    files = {role: put(store, data) for role, data in (made | files).items() if data is not None}
    if compile_it:
        files = score.compiled(store, Exported(files=files, bytes=0), 1e-9).files
    return Manifest(
        use_case=case.name,
        task=case.task,
        as_of=NOON,
        snapshot="snapshot",
        config="config",
        code="code",
        requirements="requirements",
        candidate="made in a moment",
        settings={},
        files=files,
        classes=CLASSES[case.task],
        train_until=NOON,
        key=("id",),
        holdout_share=None,
        seed=turn if isinstance(turn, int) else len(turn),
    )


def registered(store, manifest):
    """The seat of a version, as an entry of the ledger gives it."""
    digest = digest_of(manifest)
    publish(store, manifest_key(manifest.use_case, digest), canonical(manifest))

    def draft(newest):
        seat = Seat(number=fold_of(newest).versions + 1, digest=digest)
        return _draft("registered", version=seat, outcome="pass")

    return append(store, manifest.use_case, draft).version


def _draft(action, **more):
    return Draft(action=action, actor="ada", reason="a test", at=NOON, **more)


def promoted(store, use_case, seat):
    """Make a version champion."""
    append(store, use_case, lambda _: _draft("promoted", version=seat))
    return seat


def rolled_out(store, turn=2, case=None, strategy="canary", **agreed):
    """A version on trial beside the champion: what was agreed."""
    case = case or use_case()
    said = {"share": 0.5 if strategy == "canary" else 1.0, "at_least": 40, "errors_at_most": 0.01,
            "slower_at_most": 1000.0, "scores_differ_at_most": 1.0, "hours": 0, **agreed}  # fmt: skip
    hours = said.pop("hours")
    made = version(store, turn, case, compile_it=turn != "slow")
    seat, now = registered(store, made), datetime.now(UTC)
    champion = fold_of(head(store, case.name)).champion
    rollout = Rollout(challenger=seat, champion=champion, verdict="verdict", strategy=strategy, started=now,
                      until=now + timedelta(hours=hours), **said)  # fmt: skip
    append(store, case.name, lambda _: _draft("rollout_started", version=seat, rollout=rollout))
    return rollout


def disabled(store, use_case):
    """Take the champion out of service."""
    append(store, use_case, lambda _: _draft("disabled"))


def champion(store, turn=1, case=None, *, compile_it=True, **files):
    """A version that serves."""
    case = case or use_case()
    return promoted(store, case.name, registered(store, version(store, turn, case, compile_it=compile_it, **files)))
