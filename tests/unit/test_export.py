"""Models as bytes: the same model has the same bytes, and nothing but a model of ours is ever built from bytes."""

import io
import json
import subprocess
import sys
from zipfile import ZipFile

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import SVC

from keepfit.errors import IntegrityError
from keepfit.export import dump, load
from keepfit.export.archive import SCHEMA

RNG = np.random.default_rng(5)
X = RNG.normal(size=(300, 4))
X[:, 3] = np.arange(300) % 5
TWO = (X[:, 0] > 0).astype(int)
THREE = np.arange(300) % 3

MODELS = {
    "logistic": lambda: LogisticRegression(C=0.3, random_state=1).fit(X, TWO),
    "logistic, three classes": lambda: LogisticRegression(random_state=1).fit(X, THREE),
    "ridge": lambda: Ridge(alpha=0.5).fit(X, X[:, 1]),
    "boosting": lambda: HistGradientBoostingClassifier(
        max_iter=4, categorical_features=[3], early_stopping=False, random_state=1
    ).fit(X, TWO),
    "boosting, a missing category": lambda: HistGradientBoostingClassifier(
        max_iter=4, categorical_features=[3], early_stopping=False, random_state=1
    ).fit(np.where(np.arange(1200).reshape(300, 4) % 7 == 3, np.nan, X), TWO),
    "boosting, three classes": lambda: HistGradientBoostingClassifier(
        max_iter=4, max_features=0.5, early_stopping=False, random_state=1
    ).fit(X, THREE),
    "boosting, regression": lambda: HistGradientBoostingRegressor(max_iter=4, early_stopping=False, random_state=1).fit(
        X, X[:, 1]
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_answers_the_same_after_the_journey(name):
    model = MODELS[name]()
    ask = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    np.testing.assert_array_equal(getattr(load(dump(model)), ask)(X), getattr(model, ask)(X))


@pytest.mark.parametrize("name", MODELS)
def test_equal_fits_have_equal_bytes(name):
    assert dump(MODELS[name]()) == dump(MODELS[name]())


def test_equal_fits_have_equal_bytes_in_another_process():
    program = (
        "import sys, numpy as np; sys.stdout.reconfigure(errors='strict')\n"
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "from keepfit.export import dump\n"
        "x = np.random.default_rng(3).normal(size=(200, 3))\n"
        "kind = HistGradientBoostingClassifier\n"
        "model = kind(max_iter=3, categorical_features=[2], early_stopping=False, random_state=1)\n"
        "x[:, 2] = np.arange(200) % 4\n"
        "sys.stdout.buffer.write(dump(model.fit(x, x[:, 0] > 0)))\n"
    )
    first, second = (
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout for _ in range(2)
    )
    assert len(first) > 1000
    assert first == second


def test_a_type_that_is_not_on_the_list_is_refused_by_name():
    with pytest.raises(IntegrityError, match=r"sklearn\.svm\._classes\.SVC"):
        load(skops.io.dumps(SVC().fit(X, TWO)))


def test_a_function_smuggled_into_a_known_place_is_refused():
    data = io.BytesIO(dump(MODELS["boosting"]()))
    with ZipFile(data) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[SCHEMA] = (
        members[SCHEMA].replace(b'"check_array"', b'"system"').replace(b'"sklearn.utils.validation"', b'"os"')
    )
    forged = io.BytesIO()
    with ZipFile(forged, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(IntegrityError, match=r"os\.system"):
        load(forged.getvalue())


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"not a zip at all", b"\x80\x04\x95.", dump(MODELS["ridge"]())[:-40]],
    ids=["empty", "magic", "text", "pickle", "truncated"],
)
def test_bytes_that_are_no_model_are_refused(data):
    with pytest.raises(IntegrityError):
        load(data)


def test_a_zip_bomb_is_refused_before_it_is_opened(monkeypatch):
    from keepfit.export import archive

    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(IntegrityError, match="too large"):
        load(dump(MODELS["boosting"]()))


def test_a_deeply_nested_schema_is_refused():
    deep = "[" * 5000 + "]" * 5000
    data = io.BytesIO()
    with ZipFile(data, "w") as archive:
        archive.writestr(
            SCHEMA, json.dumps({"__class__": "dict", "__module__": "builtins"})[:-1] + f', "content": {deep}}}'
        )
    with pytest.raises(IntegrityError):
        load(data.getvalue())
