"""Every kind of feature from the YAML to a version that answers: trained, exported, loaded, asked."""

import numpy as np
import pyarrow as pa
import pytest
from train_samples import rows, use_case

from keepfit import score
from keepfit.data import write_snapshot
from keepfit.export import export
from keepfit.split import split
from keepfit.store import open_store
from keepfit.train import train

KINDS = {
    "id": "text",
    "x": "float",
    "group": "category",
    "late": "bool",
    "at": "time",
    "shop": "text",
    "note": "text",
    "booked": "time",
}
FEATURES = {
    "x": "number",
    "shop": ["category", "target_encoding", "hashing"],
    "note": "text",
    "at": ["hour_cyclic", "month"],
    "ahead": {"hours_between": ["booked", "at"]},
}


def table():
    plain, draw = rows(), np.random.default_rng(2)
    late = np.array(plain["late"].to_pylist())
    hint = np.where(draw.random(len(late)) < 0.3, np.where(late, "engine failed", "all is well"), "no news 🛫")
    shops = [f"shop {number}" for number in draw.integers(0, 400, len(late))]
    ahead = pa.array(draw.integers(0, 10**12, len(late)), pa.duration("us"))
    booked = pa.array(plain["at"].to_numpy() - ahead.to_numpy(), pa.timestamp("us", tz="UTC"))
    extra = {"shop": pa.array(shops), "note": pa.array(hint.tolist()), "booked": booked}
    for name, column in extra.items():
        plain = plain.append_column(name, column)
    return plain


@pytest.mark.parametrize("candidate", ["logistic_regression", "hist_gradient_boosting", "ridge"])
def test_a_version_with_every_kind_of_feature_answers_as_it_was_trained(tmp_path, candidate):
    columns = {name: {"type": kind} for name, kind in KINDS.items() if name not in ("id", "at")}
    more = {"task": "regression", "contract": {"columns": columns | {"late": {"type": "int"}}}}
    case = use_case(
        **{"features": FEATURES, "contract": {"columns": columns}, "train": {"candidates": [candidate], "seed": 3}}
        | (more if candidate == "ridge" else {})
    )
    store, own = open_store(str(tmp_path)), table()
    kinds = KINDS
    if candidate == "ridge":
        place = own.column_names.index("late")
        own = own.set_column(place, "late", own["late"].cast(pa.int64()))
        kinds = KINDS | {"late": "int"}
    snapshot = write_snapshot(store, case.name, own, kinds, case.data.key, case.data.event_time).digest
    trained = train(store, case, split(store, case, snapshot))
    measured = score.measure(store, export(store, trained))
    assert measured.parity == 0.0
    assert measured.parity_rows > 200
