"""What a version is asked before it is judged: every value as it stands, missing, extreme, and in other spellings."""

import json
from datetime import datetime

import numpy as np
import pytest
from compiled_samples import FEATURES, both, pipeline, records, signature_of_all

from keepfit.evaluate import Sample
from keepfit.export import Probe, hostile_records
from keepfit.serving.measure.questions import asked
from keepfit.serving.rows import Rows

ROWS = records(200)
WANTED = FEATURES["everything"]
LIMITS = {"x": {"min": -2.0, "max": 2.0}, "group": {"values": ("a", "b", "c", "d")}}


@pytest.fixture(scope="module")
def made():
    return both(*pipeline("logistic_regression", "binary", WANTED, ROWS))


def questions(made, **limits):
    trained, serving = made
    plain = [{name: row[name] for name in trained.kinds} for row in ROWS]
    expected = trained.predict_records(plain[:5])
    probe = Probe(records=tuple(plain[:5]), expected=tuple(map(tuple, expected.tolist())))
    whole = next(row for row in plain if None not in row.values())
    sample = Sample((whole, *hostile_records(whole, trained.kinds)))
    signature = signature_of_all(trained.kinds, "binary", **limits)
    return signature, serving, asked(signature, trained, probe, sample), whole


def test_every_body_is_a_record_whose_expected_answer_stands_beside_it(made):
    signature, serving, (bodies, expected, refused, plain), _ = questions(made)
    rows = Rows(signature)
    found = serving.predict_records([row for body in bodies for row in rows.read(body)])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert refused == []
    assert rows._quick(b'{"records": [' + b", ".join(bodies[:plain]) + b"]}") is not None  # none keeps others from it


def test_values_are_also_said_otherwise(made):
    _, _, (bodies, *_), whole = questions(made)
    said = [json.loads(body) for body in bodies]
    times = {row["at"] for row in said if row.get("at")}
    moment = datetime.fromisoformat(whole["at"])
    assert any(text.endswith("+05:45") and datetime.fromisoformat(text) == moment for text in times)
    assert any(datetime.fromisoformat(text).tzinfo is None for text in times)
    assert {type(row["x"]) for row in said if "x" in row} == {int, float, type(None)}
    notes = [row["note"] for row in said if isinstance(row.get("note"), str)]
    assert any('"' in note and "\n" in note for note in notes)
    assert any("北京" in note for note in notes)
    assert any("北京" in body.decode() for body in bodies)  # as it is,
    assert any("\\u5317" in body.decode() for body in bodies)  # and escaped, which is read another way
    assert all(any(name not in row for row in said) for name in said[0])  # left out
    assert any(row.get("group") == 7 for row in said)
    assert any(row.get("group") is True for row in said)


def test_what_the_contract_forbids_is_kept_apart(made):
    _, _, loose, _ = questions(made)
    _, _, strict, _ = questions(made, **LIMITS)
    assert len(strict.bodies) + len(strict.refused) == len(loose.bodies)
    assert len(strict.bodies) == len(strict.expected)
    for body in strict.refused:
        row = json.loads(body)
        within = -2 <= (row.get("x") or 0.0) <= 2 and row.get("group") in {None, *LIMITS["group"]["values"]}
        assert not within
