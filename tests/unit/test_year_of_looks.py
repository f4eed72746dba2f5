"""A year of looks promotes wrong challengers no more often than the YAML says: a small seeded run of the simulation.

``tests/benchmarks/year_of_looks.py`` is the long one. Judged at 95 % each time, weekly looks promote a wrong challenger
in most years, so a spending that does not work shows in a dozen of them.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

YEARS = 12


@pytest.fixture(scope="module")
def simulation():
    path = Path(__file__).parents[1] / "benchmarks" / "year_of_looks.py"
    spec = importlib.util.spec_from_file_location("year_of_looks", path)
    module = sys.modules["year_of_looks"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["year_of_looks"]


@pytest.mark.parametrize("gate", ["BETTER", "NOT_WORSE"])
def test_a_year_of_weekly_looks_seldom_promotes_what_is_no_better(simulation, gate):
    calendar = simulation.Calendar("", 52, 7, 28, rows=20)
    blur = simulation.BLUR if gate == "BETTER" else simulation.WORSE
    found = [simulation.first_promotion(calendar, getattr(simulation, gate), blur, seed) for seed in range(YEARS)]
    wrong, without = (sum(look > 0 for look in looks) for looks in zip(*found, strict=True))
    assert wrong <= 2  # 0.6 in twelve years at 5 %: more than two of them in 2 % of such runs
    assert without >= 5  # the same looks at 95 % each: the simulation can tell the difference


def test_a_real_gain_is_seen_within_the_year(simulation):
    calendar = simulation.Calendar("", 12, 30, 28, rows=300)
    blur = simulation.blur_of(simulation.loss_of(simulation.BLUR) - 0.01)
    assert all(simulation.first_promotion(calendar, simulation.BETTER, blur, seed)[0] for seed in range(3))


def test_small_steps_down_end_at_two_margins(simulation):
    calendar = simulation.Calendar("", 12, 30, 28, rows=600)
    free, held = (
        [simulation.creep(calendar, 0.5, seed, anchored=anchored)[0] for seed in range(4)] for anchored in (False, True)
    )
    assert max(held) <= 2.0
    assert sum(held) < sum(free)
