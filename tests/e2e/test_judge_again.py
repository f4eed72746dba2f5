"""The newest undecided challenger is judged again on new labels; every gate of the YAML works from file to verdict."""

import pytest
from journeys import FIRST, SECOND, TINY, World

from keepfit.ledger import fold_of, head
from keepfit.registry import verify

TIGHT = TINY.replace("margin: 0.2", "margin: 0.000001")
THIRD = "2020-05-01"


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "world").tiny(months=(1, 2))


def entries(world):
    return head(world.store, "visits").seq


def test_a_challenger_is_judged_again_when_new_labels_allow_and_then_released(world, warm):
    nobody = warm.run(world, "judge", "visits", "--as-of", FIRST)
    assert (nobody.code, "there is no challenger" in nobody.out) == (0, True), nobody.err
    assert warm.run(world, "run", "visits", "--json", "--as-of", FIRST).answer["champion"] == 1
    world.tiny(months=(3,), text=TIGHT)
    second = warm.run(world, "run", "visits", "--json", "--as-of", SECOND)
    assert (second.answer["verdict"]["outcome"], second.answer["champion"]) == ("not_enough_evidence", 1), second.err

    before = entries(world)
    early = warm.run(world, "judge", "visits", "--json", "--as-of", SECOND)
    assert (early.code, early.answer["verdict"], early.answer["spent"]) == (0, None, None), early.err
    assert "0 days with new labels since its last look" in early.answer["reason"]
    assert entries(world) == before

    spent = fold_of(head(world.store, "visits")).spending.spent
    world.tiny(months=(4,), text=TINY)
    again = warm.run(world, "judge", "visits", "--json", "--as-of", THIRD)
    assert (again.code, again.answer["champion"]) == (0, 2), again.err
    assert again.answer["verdict"]["outcome"] == "pass"
    assert again.answer["fresh"] < again.answer["rows"]
    now = fold_of(head(world.store, "visits")).spending.spent
    assert now == pytest.approx(spent + again.answer["spent"])

    shown = warm.run(world, "show", "visits")
    assert "judged 2" in shown.out
    assert "have spent" in shown.out
    assert verify(world.store).problems == ()
    checked = warm.run(world, "check", "visits")
    assert "a good model passes in" in checked.out


def test_every_gate_goes_from_the_file_to_the_verdict(world, warm):
    gates = """gates:
  - {metric: roc_auc, at_least: 0.5, by: door}
  - {metric: log_loss, better_than: naive, by: door, if_unsure: warn, if_too_few: block}
  - {metric: log_loss, not_worse_than: champion, margin: 50% of naive gain}
  - {metric: accuracy, ratio: 0.5, by: door, if_unsure: warn}
  - {metric: accuracy, difference: 0.5, by: door, if_unsure: warn}
  - {calibration: 0.9}
  - {stability: 5}
  - {size: 50MB}
  - {latency: 0.001ms}
  - {parity: 1e-9}
false_promotions: 10%
"""
    text = TINY[: TINY.index("gates:")] + gates + TINY[TINY.index("release:") :]
    world.write("configs/visits.yaml", text)
    done = warm.run(world, "run", "visits", "--json", "--as-of", FIRST)
    told = {(gate["gate"].split(" by ")[0], gate["group"]): gate for gate in done.answer["verdict"]["gates"]}
    kinds = {gate.split()[0] if gate.split()[1] != "ratio" else "ratio" for gate, _ in told}
    assert {"roc_auc", "log_loss", "ratio", "calibration", "stability", "size", "latency", "parity", "leakage"} <= kinds
    assert {group for gate, group in told if gate.startswith("roc_auc")} == {"north", "south"}
    slow = next(gate for (name, _), gate in told.items() if name.startswith("latency"))
    assert (slow["outcome"], slow["blocks"]) == ("fail", False)
    assert done.answer["verdict"]["outcome"] == "pass", done.answer["verdict"]


def test_the_standard_gates_are_a_use_case(world, warm):
    standard = TINY[: TINY.index("gates:")] + "gates: standard\nprotected: [door]\n" + TINY[TINY.index("release:") :]
    world.write("configs/visits.yaml", standard)
    asked = warm.run(world, "check", "visits", "--json").answer["asked"]
    assert asked == [
        "log_loss better_than naive",
        "log_loss not_worse_than champion margin 20% of naive gain",
        "log_loss better_than naive by door",
        "leakage none",
        "parity 1e-09",
    ]
    done = warm.run(world, "run", "visits", "--json", "--as-of", FIRST)
    assert (done.code, done.answer["champion"]) == (0, 1), done.err
