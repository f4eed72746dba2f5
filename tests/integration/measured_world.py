"""Versions of every kind, made in a moment, to be measured over HTTP."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from compiled_samples import asked, pipeline, signature_of_all

from keepfit import features, score
from keepfit.evaluate import Sample
from keepfit.export import Probe, dump
from keepfit.records import Exported, Manifest, canonical
from keepfit.score import Output, Scorer
from keepfit.store import put

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
CLASSES = {"binary": ("no", "yes"), "multiclass": ("few", "some", "many"), "regression": ()}


def version(store, candidate, task, wanted, rows, output=None, **limits):
    """A version in a store, as `Exported` and as manifest."""
    encoding, estimator = pipeline(candidate, task, wanted, rows)
    trained = Scorer(encoding, estimator, output or Output())
    records = tuple({name: row[name] for name in encoding.kinds} for row in rows[:20])
    with score.one_thread():
        expected = trained.predict_records(records).reshape(len(records), -1)
    assert np.ptp(expected[:, -1]) > 1e-3  # of a model that always says the same, nothing could be compared
    files = {
        "features": canonical(encoding),
        "model": dump(estimator),
        "output": canonical(trained.output),
        "probe": canonical(Probe(records=records, expected=tuple(map(tuple, expected.tolist())))),
        "signature": canonical(signature_of_all(encoding.kinds, task, **limits)),
    }
    plain = Exported(files={role: put(store, data) for role, data in files.items()}, bytes=1)
    exported = score.compiled(store, plain)
    return exported, manifest(exported, task)


def manifest(exported, task):
    """What a run would register."""
    return Manifest(
        use_case="planted",
        task=task,
        as_of=NOON,
        snapshot="snapshot",
        config="config",
        code="code",
        requirements="requirements",
        candidate="made in a moment",
        settings={},
        files=exported.files,
        classes=CLASSES[task],
        train_until=NOON,
        key=("id",),
        holdout_share=None,
        seed=1,
    )


def sample(store, exported, rows):
    """Rows as a table and as records, and hostile ones."""
    encoding = score.load_trained(store, exported.files).encoding
    kinds = encoding.kinds
    arrays = {name: pa.array([row[name] for row in rows]) for name in kinds}
    for name, kind in kinds.items():
        if kind == "time":
            times = [row[name] and datetime.fromisoformat(row[name]) for row in rows]
            arrays[name] = pa.array(times, pa.timestamp("us", tz="UTC"))
    columns = features.from_table(pa.table(arrays), kinds)
    plain = [{name: row[name] for name in kinds} for row in rows]
    hostile = [{name: row.get(name) for name in kinds} for row in asked(encoding, plain)[len(plain) :]]
    return Sample((*plain, *hostile), len(plain), columns)


def nudged(values, place=0, by=1e-6):
    """A copy with one number changed a little."""
    changed = np.array(values)
    changed.flat[place] += by
    return changed
