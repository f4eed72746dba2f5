"""What a use case may say about features, and what is refused."""

from pathlib import Path

import pytest

from keepfit.config import understand
from keepfit.config.features import Derived, inputs_of
from keepfit.errors import ConfigError

FLIGHTS = Path(__file__).with_name("flight_delay.yaml").read_text(encoding="utf-8")


def with_features(text, contract="distance:   {type: float"):
    declared = "distance:   {type: float"
    assert declared in FLIGHTS
    return FLIGHTS.replace("  distance: number\n", text).replace(declared, contract)


def understood(text, **more):
    return understand(with_features(text, **more).encode(), Path("a.yaml"), {}).use_case


def refused(text, **more):
    with pytest.raises(ConfigError) as error:
        understood(text, **more)
    return str(error.value)


def test_a_ratio_is_a_feature_with_a_name_of_its_own():
    case = understood("  distance: number\n  pace: {ratio: [distance, wind_speed]}\n")
    assert case.features["pace"] == Derived(how="ratio", of=("distance", "wind_speed"))
    assert "wind_speed" in inputs_of(case.features)
    assert "pace" not in inputs_of(case.features)


PIXELS = "p{0..7}{0..7}: {type: int, min: 0, max: 16}\n    distance:   {type: float"


def test_one_line_stands_for_64_pixels():
    case = understood("  p{0..7}{0..7}: number\n", contract=PIXELS)
    pixels = [name for name in case.features if name.startswith("p")]
    assert pixels == [f"p{row}{column}" for row in range(8) for column in range(8)]
    assert case.contract.columns["p77"].max == 16


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  pace: {ratio: [distance]}\n", ["a ratio is of two columns", "{ratio: [COLUMN, COLUMN]}"]),
        ("  pace: {ratoi: [distance, wind_speed]}\n", ["unknown feature `ratoi`", "did you mean `ratio`?"]),
        ("  pace: {ratio: [distance, late]}\n", ["the label `late`", "a leak", "features.pace"]),
        ("  pace: {ratio: [distance, flight_id]}\n", ["the key column `flight_id`", "a leak"]),
        (
            "  pace: {ratio: [distance, distanse]}\n",
            ["`distanse`, of which `pace` is made", "did you mean `distance`?"],
        ),
        ("  pace: {ratio: [distance, carrier]}\n", ["the ratio of `carrier`, which is of type category"]),
        ("  pace: {difference: [distance, time_hour]}\n", ["which is of type time", "hours_between"]),
        ("  pace: {hours_between: [distance, time_hour]}\n", ["the hours_between of `distance`"]),
        ("  distance: {ratio: [distance, wind_speed]}\n", ["`distance` is a column", "a name that no column has"]),
        ("  pace: {ratio: [distance, distance]}\n", ["`distance` twice"]),
        ("  pace: {ratio: [distance, wind_speed], difference: [distance, wind_speed]}\n", ["made in one way"]),
        ("  distance: text\n", ["read as text", "type float"]),
        ("  distance: target_encoding\n", ["read as target_encoding"]),
        ("  p{7..0}: number\n", ["ends before it begins"]),
        ("  p{0..99999}: number\n", ["100,000 columns", "at most 10,000"]),
        ("  distance: number\n  d{0..1}: number\n", ["`d0` is not declared"]),
    ],
)
def test_what_cannot_be_carried_out_is_refused_where_it_stands(text, words):
    message = refused(text)
    missing = [word for word in words if word not in message]
    assert not missing, message


def test_a_column_is_declared_once_and_read_in_one_way():
    twice = "p{0..3}: {type: int}\n    p2: {type: int}\n    distance:   {type: float"
    assert "the column `p2` stands twice" in refused("  distance: number\n", contract=twice)
    whole = "gate: {type: int}\n    distance:   {type: float"
    assert "both as a number and as a category" in refused("  gate: [number, category]\n", contract=whole)
    both = "  gate: category\n  pace: {ratio: [distance, gate]}\n"
    assert "both as a number and as a category" in refused(both, contract=whole)


def test_a_wrong_rule_for_many_columns_is_said_once():
    message = refused("  distance: number\n", contract=PIXELS.replace("min: 0", "min: zero"))
    assert message.count("is not what it should be") == 1
    assert 'contract.columns["p{0..7}{0..7}"].min' in message
