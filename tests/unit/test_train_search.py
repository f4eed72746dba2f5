"""A search tries the same settings however many processes carry it out, and goes on where it was stopped."""

import numpy as np
import pytest

from keepfit import memo
from keepfit.config import CANDIDATES
from keepfit.config.checks.training import settings_are_within_limits
from keepfit.config.train import Candidate, Choice, Range, Train
from keepfit.records import digest_of
from keepfit.store import open_store
from keepfit.train.rungs import Rung, Rungs
from keepfit.train.search import Judged, bests, search, shares_of, spaces_of
from keepfit.train.trial import Outcome

ALPHA = Range(low=0.1, high=10.0, log=True, whole=False)
RIDGE = Candidate(name="ridge", space={"alpha": ALPHA})
NET = Candidate(name="elastic_net", space={"alpha": ALPHA, "l1_ratio": Choice(choice=(0.2, 0.8))})


def loss_of(settings, share=1.0):
    """The nearer alpha is to 3 the better; a small share exaggerates."""
    return float(abs(np.log(settings["alpha"] / 3.0)) / share)


def judge(asked, share):
    return [Judged((loss_of(each.settings, share),) * 2, "") for each in asked]


def test_every_candidate_is_tried_equally_often_and_its_defaults_first():
    trials = search((RIDGE, NET), 14, 1, (1.0,), judge)
    assert [sum(trial.candidate == name for trial in trials) for name in ("ridge", "elastic_net")] == [14, 14]
    assert trials[0].settings == {"alpha": 1.0}
    assert trials[14].settings == {"alpha": 0.1, "l1_ratio": 0.2}  # nearest to the defaults in the given space
    assert len({trial.settings["alpha"] for trial in trials[:14]}) == 14


def test_a_search_is_told_what_it_found_and_looks_there():
    trials = search((RIDGE,), 40, 1, (1.0,), judge)
    early, late = (np.median([trial.score for trial in part]) for part in (trials[:10], trials[-10:]))
    assert late < early / 2


def test_the_best_third_of_each_candidate_goes_on_to_more_rows():
    asked = []

    def listening(wave, share):
        asked.append((share, [each.candidate for each in wave]))
        return judge(wave, share)

    trials = search((RIDGE, NET), 9, 1, (1 / 3, 1.0), listening)
    assert [share for share, _ in asked] == [1 / 3, 1.0]
    assert sorted(asked[1][1]) == ["elastic_net"] * 3 + ["ridge"] * 3
    for name in ("ridge", "elastic_net"):
        own = [trial for trial in trials if trial.candidate == name]
        promoted = {trial.settings["alpha"] for trial in own if trial.share == 1.0}
        assert promoted == {t.settings["alpha"] for t in sorted(own, key=lambda t: loss_of(t.settings))[:3]}


def test_what_reached_fewer_rows_never_wins_whatever_its_loss():
    trials = search((RIDGE,), 9, 1, (1 / 3, 1.0), lambda wave, share: [Judged((share * 5,), "") for _ in wave])
    assert bests(trials)["ridge"].share == 1.0


def test_a_setting_without_a_loss_on_one_fold_never_wins():
    def broken(wave, _share):
        return [Judged((None, 0.0) if each.settings["alpha"] < 2 else (9.0, 9.0), "") for each in wave]

    assert bests(search((RIDGE,), 12, 1, (1.0,), broken))["ridge"].score == 9.0
    assert bests(search((RIDGE,), 12, 1, (1.0,), lambda wave, _: [Judged((None,), "no") for _ in wave])) == {}


@pytest.mark.parametrize(("trials", "rows", "rungs"), [(1, 10**6, 1), (5, 10**6, 2), (5, 100, 1), (30, 30_000, 3)])
def test_rungs_are_for_many_trials_on_many_rows(trials, rows, rungs):
    shares = shares_of(trials, rows)
    assert len(shares) == rungs
    assert shares[-1] == 1.0


def test_a_bare_name_has_a_space_of_its_own_once_there_are_trials():
    rules = {"candidates": ["ridge", {"elastic_net": {"alpha": 0.5}}]}
    once, often = (spaces_of(Train.model_validate(rules | {"trials": trials})) for trials in (1, 2))
    assert [candidate.space for candidate in once] == [{}, {"alpha": 0.5}]
    assert isinstance(often[0].space["alpha"], Range)
    assert often[1].space["alpha"] == 0.5
    assert isinstance(often[1].space["l1_ratio"], Range)


def test_default_spaces_are_within_the_limits_of_their_settings():
    for kind in CANDIDATES.values():
        (candidate,) = spaces_of(Train.model_validate({"candidates": [kind.name], "trials": 2}))

        class Case:
            train = Train.model_construct(candidates=(candidate,))

        assert candidate.space
        assert list(settings_are_within_limits(Case)) == []


class Fits:
    """Stands for the processes: counts the jobs, and stops after so many."""

    def __init__(self, most=10**9):
        self.done, self.most = 0, most

    def __call__(self, jobs):
        outcomes = []
        for job in jobs:
            self.done += 1
            if self.done > self.most:
                raise KeyboardInterrupt
            answers = np.full(4, job.settings["alpha"]) if job.keep else None
            outcomes.append(Outcome(loss_of(job.settings, job.share), "", answers, 4))
        return outcomes


def rungs_in(store, fits):
    def remember(asked, share, body):
        inputs = {"settings": digest_of([list(each) for each in asked]), "share": repr(share)}
        return memo.remembered(store, "case", "rung", inputs, Rung, body)

    return Rungs(fits, 2, remember)


def test_a_search_that_was_stopped_goes_on_behind_its_last_rung(tmp_path):
    def run(name, fits):
        return search((RIDGE, NET), 15, 1, (1 / 3, 1.0), rungs_in(open_store(str(tmp_path / name)), fits).judge)

    whole = Fits()
    expected = run("whole", whole)
    stopped, again = Fits(most=whole.done - 1), Fits()
    with pytest.raises(KeyboardInterrupt):
        run("stopped", stopped)
    assert run("stopped", again) == expected
    assert again.done == 2 * 2 * 5  # the last rung alone: five of fifteen, two candidates, two folds


def test_the_answers_of_the_best_are_kept_and_otherwise_asked_for_again(tmp_path):
    store, fits = open_store(str(tmp_path)), Fits()
    first = rungs_in(store, fits)
    best = bests(search((RIDGE,), 6, 1, (1.0,), first.judge))["ridge"]
    done = fits.done
    kept = first.answers("ridge", best.settings)
    assert fits.done == done
    later = rungs_in(store, fits)
    search((RIDGE,), 6, 1, (1.0,), later.judge)  # all from memory
    assert fits.done == done
    np.testing.assert_array_equal(later.answers("ridge", best.settings), kept)
    assert fits.done == done + 2
