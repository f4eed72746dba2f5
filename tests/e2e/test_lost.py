"""A change that a retrain does not undo at once: remembered, told, and followed by more retrains, by real commands."""

import numpy as np
import pytest
from journeys import World

from keepfit.registry import verify

JOBS = """\
name: jobs
description: How many minutes will a job take?
owner: factory
risk: low
task: regression
data:
  timezone: UTC
  sources:
    jobs: {kind: files, path: "data/*.csv"}
  key: [job]
  event_time: at
  label: {column: minutes, known_after: 1d}
  history: 200d
  freshness: 7d
contract:
  columns:
    load: {type: float}
    age: {type: float}
    minutes: {type: float}
  quarantine_at_most: 1%
features: {load: number, age: number}
split: {by: time, holdout: 28d}
train: {candidates: [ridge], seed: 7}
gates:
  - {metric: rmse, better_than: naive}
  - {metric: rmse, not_worse_than: champion, margin: 20% of naive gain}
monitor: {every: 7d, window: 7d, false_alarms: 5%}
retrain: {on: [realised_performance], when: 2 of 3, cooldown: 7d, at_most: 9 per 90d}
"""
FIRST, CHANGE, END = (np.datetime64(day) for day in ("2025-03-01", "2025-11-06", "2026-01-30"))


def jobs(draw, day):
    """A day of jobs; from the change on age counts more than three times as much."""
    lines = ["job,at,load,age,minutes"]
    for number in range(40):
        load, age = draw.gamma(3.0, 10.0), draw.uniform(0.0, 1000.0)
        minutes = 0.1 * load + (0.004 if day < CHANGE else 0.014) * age + draw.normal()
        lines.append(f"{day}-{number},{day}T12:{number:02d}:00Z,{load:.2f},{age:.0f},{minutes:.3f}")
    return lines


@pytest.mark.soak  # `test_monitor_lost.py` has every rule of it always
def test_what_a_retrain_does_not_bring_back_is_not_usual_to_anybody(tmp_path, warm):
    world, draw = World(tmp_path), np.random.default_rng(3)
    days = [jobs(draw, day) for day in np.arange(FIRST, END)]
    world.write("data/jobs.csv", "\n".join([days[0][0], *(line for day in days for line in day[1:])]) + "\n")
    world.write("configs/jobs.yaml", JOBS)
    assert warm.run(world, "run", "jobs", "--json", "--as-of", "2025-11-06").answer["champion"] == 1
    seen = []
    for week in np.arange(np.datetime64("2025-11-13"), END, 7):
        ended = warm.run(world, "retrain", "jobs", "--json", "--as-of", str(week))
        assert ended.code in (0, 5), ended.err  # 5: a gate failed
        seen.append(ended.answer)
    told = [each["monitored"] for each in seen]
    came = [each["performance"]["realised"]["rmse"]["value"] for each in told]
    assert min(came) > 3.0, "one before the change"
    first = next(place for place, each in enumerate(seen) if each["retrained"])
    later = [place for place, each in enumerate(seen) if each["retrained"]][1:]
    assert told[first]["decision"]["because"] == ["realised performance in 2 of 2 windows"]
    assert not any(each["alarms"] for each in told[first + 1 :]), "the new references call it usual"
    assert all(each["lost"]["version"] == 1 and each["lost"]["limit"] < 1.3 for each in told[first + 1 :])
    assert len(later) >= 2
    assert all("not back for good" in told[place]["decision"]["because"][0] for place in later)
    assert any(each["run"]["verdict"]["outcome"] == "fail" for each in seen if each["run"]), (
        "the gates judge each of them"
    )
    assert came[-1] < min(came[: first + 2]), "with more of the new time to learn from, one passes and is better"
    assert verify(world.store).problems == ()
