"""Protected columns: how they are written, how they become groups, and what is told of each group."""

from pathlib import Path

import numpy as np
import pytest

from keepfit.config import understand
from keepfit.errors import ConfigError
from keepfit.evaluate import Champion, evaluate
from keepfit.evaluate.slices import by_band, by_level

FLIGHTS = Path(__file__).with_name("flight_delay.yaml").read_text()


def with_protected(text):
    return understand(
        FLIGHTS.replace("risk: low", f"risk: low\nprotected: {text}").encode(), "flight_delay.yaml", {}
    ).use_case


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[carrier]", {"carrier": ()}),
        ("[carrier, {distance: {bands: [500, 1000]}}]", {"carrier": (), "distance": (500.0, 1000.0)}),
        ("{distance: {bands: [500, 1000]}, origin: {}}", {"distance": (500.0, 1000.0), "origin": ()}),
    ],
)
def test_a_list_or_a_mapping(text, expected):
    assert {name: how.bands for name, how in with_protected(text).protected.items()} == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[carier]", "did you mean `carrier`"),
        ("[late]", "is the label"),
        ("[distance]", "bands: [limit"),
        ("{carrier: {bands: [1]}}", "is no number"),
        ("{distance: {bands: [1000, 500]}}", "do not rise"),
        ("[carrier, carrier]", "stands twice"),
        ("[[carrier]]", "not a protected column"),
        ("{distance: {band: [1]}}", "did you mean"),
        ("carrier", "protected"),
    ],
)
def test_a_mistake_is_told(text, said):
    with pytest.raises(ConfigError) as caught:
        with_protected(text)
    assert said in str(caught.value)


def test_groups_beyond_the_most_are_one():
    codes = np.repeat(np.arange(80), np.arange(80, 0, -1))
    groups = by_level("dest", codes, [f"d{n}" for n in range(80)])
    assert len(groups.names) == 50
    assert groups.names[-1] == "(others): 31 rarest"
    assert (groups.codes == 49).sum() == np.arange(31, 0, -1).sum()
    assert groups.names[0] == "d0"


def test_a_missing_value_is_a_group():
    assert by_band("age", np.array([np.nan, 59.9, 60]), (30.0, 60.0)).names == (
        "30 to under 60",
        "60 and over",
        "(missing)",
    )
    assert by_level("carrier", [-1, -1, 0], ["UA"]).names == ("(missing)", "UA")


def rows(seed=0, n=4000):
    rng = np.random.default_rng(seed)
    x, day = rng.normal(size=n), np.sort(rng.integers(0, 28, n))
    groups = by_level("carrier", rng.choice(3, n, p=[0.6, 0.395, 0.005]), ["AA", "UA", "HA"])
    y = (rng.random(n) < 1 / (1 + np.exp(1 - np.where(groups.codes == 1, -x, x)))).astype(int)  # the other way round
    p = 1 / (1 + np.exp(1 - x))
    return y, np.column_stack([1 - p, p]), day, groups


def test_a_model_that_is_wrong_in_one_group_is_seen_there():
    y, p, day, groups = rows()
    shares = np.tile([1 - y.mean(), y.mean()], (y.size, 1))
    champion = Champion(1, "c" * 64, shares, day >= 8)
    found = evaluate(task="binary", y=y, candidate=p, naive={"class shares": shares}, champion=champion, days=day,
                     confidence=0.95, predictions="p" * 64, groups=[groups])  # fmt: skip
    good, bad, tiny = found.slices
    assert [(s.by, s.group) for s in found.slices] == [("carrier", "AA"), ("carrier", "UA"), ("carrier", "HA")]
    assert sum(s.rows for s in found.slices) == 4000
    assert good.candidate["roc_auc"].low > 0.7
    assert bad.candidate["roc_auc"].high < 0.4
    assert tiny.candidate["roc_auc"].value is not None
    assert tiny.candidate["roc_auc"].low is None
    assert "are too few" in tiny.candidate["roc_auc"].reason or "rarest" in tiny.candidate["roc_auc"].reason
    gains = {(s.group, c.against): c.improvement for s in found.slices for c in s.comparisons if c.metric == "log_loss"}
    assert gains["AA", "naive"].low > 0 > gains["UA", "naive"].high
    assert gains["AA", "champion"].rows == ((groups.codes == 0) & (day >= 8)).sum()
    alone = evaluate(task="binary", y=y[groups.codes == 0], candidate=p[groups.codes == 0],
                     naive={"class shares": shares[groups.codes == 0]}, champion=None, days=day[groups.codes == 0],
                     confidence=0.95, predictions="p" * 64)  # fmt: skip
    assert good.candidate == alone.candidate
