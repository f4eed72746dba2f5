"""What the YAML may say of training, and what is refused with the words that help."""

from pathlib import Path

import pytest

from keepfit.config import understand
from keepfit.errors import ConfigError

FLIGHTS = Path(__file__).with_name("flight_delay.yaml").read_text()
OLD = "  seed: 7\n"


def with_train(lines, **swaps):
    assert OLD in FLIGHTS
    text = FLIGHTS.replace(OLD, OLD + "".join(f"  {line}\n" for line in lines))
    for old, new in swaps.values():
        assert old in text
        text = text.replace(old, new)
    return understand(text.encode(), Path("flight_delay.yaml"), {}).use_case.train


def test_everything_can_be_said():
    found = with_train(
        [
            "calibrate: false",
            "class_weight: balanced",
            "choose: best",
            "workers: 4",
            "decide: {cost: {false_positive: 1, false_negative: 5}}",
        ]
    )
    assert (found.calibrate, found.class_weight, found.choose, found.workers) == (False, "balanced", "best", 4)
    assert found.decide.cost.false_negative == 5


def test_nothing_need_be_said():
    found = with_train([])
    assert (found.calibrate, found.class_weight, found.choose, found.workers) == (True, "none", "simplest", 1)
    assert found.decide is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("decide: {}", "a decision has one rule"),
        ("decide: {threshold: 0.4, recall_at_least: 90%}", "a decision has one rule"),
        ("decide: {threshold: 1.5}", "decide.threshold"),
        ("decide: {recall_at_least: 0%}", "recall_at_least"),
        ("decide: {cost: {false_positive: 0, false_negative: 0}}", "errors that cost nothing decide nothing"),
        ("decide: {cost: {false_positive: 1}}", "false_negative"),
        ("class_weight: heavy", "class_weight"),
        ("choose: simple", "choose"),
        ("workers: 0", "workers"),
    ],
)
def test_what_makes_no_sense_is_refused(line, message):
    with pytest.raises(ConfigError) as caught:
        with_train([line])
    assert message in str(caught.value)


def test_weights_need_candidates_that_can_weigh():
    with pytest.raises(ConfigError, match="nearest_neighbours` cannot weigh rows"):
        with_train(["class_weight: balanced"], swap=("    - logistic_regression\n", "    - nearest_neighbours\n"))
