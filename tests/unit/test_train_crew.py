"""Other processes give the outcomes that this one gives, and leave nothing behind."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array

from keepfit.errors import InfrastructureError
from keepfit.score import one_thread
from keepfit.split.folds import random_folds
from keepfit.train.crew import crew
from keepfit.train.material import Part, Rules, labels_of, prepare
from keepfit.train.trial import Job

NAMES = {"logistic_regression": {"C": 0.5}, "random_forest": {"n_estimators": 5}, "nearest_neighbours": {}}


@pytest.fixture
def material():
    draw = np.random.default_rng(5)
    matrix = draw.normal(size=(401, 6))
    labels = (matrix[:, 0] + draw.normal(size=401) > 0).astype(np.int64)
    rules = Rules(task="binary", classes=2, metric="log_loss", seed=1)
    folds = list(random_folds(401, 2, 1))

    def make(number, layout):
        fold = folds[number]
        form = csr_array if layout == "sparse" else np.asarray
        return Part(form(matrix[fold.fit]), form(matrix[fold.score]), ())

    known = [labels_of(fold, labels, None, seed=1, classes=2) for fold in folds]
    return prepare(rules, known, ["sparse", "codes", "dense"], make)


JOBS = [
    Job(fold=fold, candidate=name, settings=settings, share=share, keep=share == 1.0)
    for name, settings in NAMES.items()
    for fold in (0, 1)
    for share in (0.5, 1.0)
]


def test_two_processes_give_the_outcomes_of_one_and_are_gone_afterwards(material, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    others = children_of(os.getpid())  # of other tests
    with one_thread(), crew(material, 1) as run:
        alone = run(JOBS)
    with crew(material, 2) as run:
        together, children = run(JOBS), children_of(os.getpid()) - others
        assert len(children) == 2
    for one, other in zip(alone, together, strict=True):
        assert (one.loss, one.note, one.rows) == (other.loss, other.note, other.rows)
        np.testing.assert_array_equal(one.answers, other.answers)
    assert not children_of(os.getpid()) - others
    assert not list(tmp_path.iterdir())


def test_a_process_that_is_killed_is_an_error_that_says_so(material):
    others = children_of(os.getpid())
    with crew(material, 2) as run:
        run(JOBS[:2])
        for child in children_of(os.getpid()) - others:
            os.kill(child, signal.SIGKILL)
        with pytest.raises(InfrastructureError, match=r"signal 9(.|\n)*memory"):
            run(JOBS)
    assert not children_of(os.getpid()) - others


def children_of(parent):
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(words[1]) == parent and words[0] != "Z":
            found.add(int(stat.parent.name))
    return found
