"""From a canary in the YAML to a champion: by the command line, a server and its callers, and nothing else."""

import time
from datetime import UTC, datetime

import pytest
from journeys import FIRST, SECOND, TINY, World
from serving_process import serving

from keepfit.registry import verify

CANARY = "{strategy: canary, share: 50%, for: 1s, at_least: 40, slower_at_most: 100, scores_differ_at_most: 50%}"
SHADOW = "{strategy: shadow, for: 1s, at_least: 40, slower_at_most: 100}"
PREDICT = "/v1/models/visits/predict"


def cautious(release):
    return TINY.replace("release: {strategy: direct}", f"release: {release}")


@pytest.fixture
def world(tmp_path):
    """A first champion, and the data for a second."""
    return World(tmp_path / "world").tiny(months=(1, 2), text=cautious(CANARY))


def begun(world, warm, release=CANARY, text=None):
    first = warm.run(world, "run", "visits", "--json", "--as-of", FIRST)
    assert (first.answer["released"], first.answer["champion"]) == (True, 1), first.err
    assert "directly, because no version serves" in first.answer["reason"]
    world.tiny(months=(3,), text=text or cautious(release))
    second = warm.run(world, "run", "visits", "--json", "--as-of", SECOND)
    assert (second.code, second.answer["version"], second.answer["champion"]) == (0, 2, 1), second.err
    assert second.answer["released"] is False
    return second.answer


def asked(world, count=200):
    """Ask a server about so many visitors, and label half of them: the versions that answered."""
    record = {"at": "2020-04-02T08:00:00Z", "door": "north"}
    with serving(world.folder / "serving", world.work / ".keepfit", "visits") as server, server.client() as client:
        server.until(lambda: client.get("/readyz").json()["use_cases"]["visits"]["rollout"])
        versions, labels = [], []
        for number in range(count):
            minutes = number * 37 % 100
            answer = client.post(PREDICT, json=record | {"id": f"a{number}", "minutes": minutes}).json()
            versions.append(answer["version"])
            now = datetime.now(UTC).isoformat()
            labels.append({"id": answer["predictions"][0]["id"], "label": minutes > 50, "at": now})
        assert client.post("/v1/models/visits/labels", json={"labels": labels[::2]}).status_code == 200
        assert server.stop() == 0
    time.sleep(1.1)  # `for` is over
    return versions


def decided(world, warm, *words):
    return warm.run(world, "release", "visits", *words)


def test_a_canary_is_promoted_from_what_servers_have_logged(world, warm, asked_show):
    reason = begun(world, warm)["reason"]
    assert "a canary beside version 1 for 50% of requests" in reason
    assert "`keepfit release visits` decides" in reason
    waiting = decided(world, warm, "--json")
    assert (waiting.code, waiting.answer["outcome"], waiting.answer["released"]) == (0, "undecided", False), waiting.err
    assert "no traffic" in waiting.answer["reason"]
    assert asked_show(world)["rollout"]["challenger"]["number"] == 2

    assert set(asked(world)) == {1, 2}
    before = asked_show(world)["entries_in_all"]
    early = decided(world, warm, "--json", "--as-of", SECOND)
    assert (early.code, early.answer["outcome"]) == (0, "undecided")
    assert asked_show(world)["entries_in_all"] == before
    done = decided(world, warm, "--json")
    assert (done.code, done.answer["outcome"], done.answer["champion"]) == (0, "promoted", 2), done.out + done.err
    assert done.answer["numbers"]["labels"] > 20
    assert done.answer["numbers"]["answers"] + done.answer["numbers"]["champion_answers"] == 200
    shown = asked_show(world)
    assert (shown["champion"], shown["rollout"], shown["ledger"][0]["action"]) == (2, None, "promoted")

    again = decided(world, warm)
    assert again.code == 0
    assert "no rollout is open" in again.out
    assert asked_show(world)["entries_in_all"] == shown["entries_in_all"]
    assert verify(world.store).problems == ()


def test_a_run_that_is_repeated_while_a_shadow_goes_on_changes_nothing(world, warm, asked_show):
    begun(world, warm, SHADOW)
    before = asked_show(world)
    again = warm.run(world, "run", "visits", "--as-of", SECOND)
    assert "a shadow beside version 1" in " ".join(again.out.split())
    assert asked_show(world) == before
    assert set(asked(world)) == {1}
    done = decided(world, warm)
    assert done.code == 0, done.out + done.err
    assert "shadow of version 2, promoted" in done.out
    assert "200 predictions, 200 of the champion" in done.out
    last = warm.run(world, "run", "visits", "--json", "--as-of", SECOND).answer
    assert (last["version"], last["released"], last["champion"]) == (2, True, 2)


def test_a_challenger_outside_its_limits_is_stopped_with_exit_code_5(world, warm, asked_show):
    timid = cautious(SHADOW.replace("slower_at_most: 100", "slower_at_most: 100, scores_differ_at_most: 5%"))
    timid = timid.replace("[logistic_regression]", "[logistic_regression: {C: 0.001}]").replace(
        "margin: 0.2", "margin: 5"
    )
    begun(world, warm, text=timid)
    asked(world)
    done = decided(world, warm, "--json")
    assert (done.code, done.answer["outcome"], done.answer["champion"]) == (5, "stopped", 1), done.out + done.err
    assert "scores differ" in done.answer["reason"]
    shown = asked_show(world)
    assert (shown["champion"], shown["challenger"], shown["rollout"]) == (1, None, None)
    assert decided(world, warm, "--json").answer["outcome"] == "none"


def test_a_person_ends_a_rollout_with_a_reason(world, warm, said, asked_show):
    begun(world, warm)
    code, _, err = said(world, "release", "visits", "--stop")
    assert (code, "--reason" in err) == (2, True)
    code, _, err = said(world, "release", "visits", "--reason", "it looks good")
    assert (code, "the numbers decide" in err) == (2, True)
    code, out, _ = said(world, "release", "visits", "--stop", "--reason", "a complaint", "--actor", "ada")
    assert (code, "canary of version 2 is stopped: a complaint" in out) == (0, True)
    entry = asked_show(world)["ledger"][0]
    assert (entry["action"], entry["version"], entry["actor"]) == ("rollout_stopped", 2, "ada")
    code, out, _ = said(world, "release", "visits", "--stop", "--reason", "a complaint", "--actor", "ada")
    assert (code, "nothing changed" in out) == (0, True)


@pytest.fixture
def asked_show(said):
    """What ``keepfit show --json`` says."""
    import json

    def show(world):
        code, out, err = said(world, "show", "visits", "--json")
        assert code == 0, err
        return json.loads(out)

    return show
