"""What a valid file becomes, what its digest says, where it is found, and what the environment may fill in."""

import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepfit.config import BetterThan, Choice, Range, find, load, understand
from keepfit.config.gates import Leakage
from keepfit.errors import ConfigError

FILE = Path(__file__).with_name("flight_delay.yaml")
FLIGHTS = FILE.read_text()


def understood(text, environ=None):
    return understand(text.encode(), FILE, environ or {})


def edited(old, new):
    assert FLIGHTS.count(old) == 1
    return FLIGHTS.replace(old, new)


def refused(text, environ=None):
    with pytest.raises(ConfigError) as caught:
        understood(text, environ)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_short_forms_become_typed_values():
    use_case = load(FILE, {}).use_case
    assert use_case.data.label.known_after == timedelta(days=1)
    assert use_case.data.label.missing_at_most == 0.1
    assert use_case.split.holdout == timedelta(days=28)
    assert use_case.features == {
        "distance": ("number",),
        "carrier": ("category",),
        "time_hour": ("hour", "day_of_week"),
    }
    linear, boosting = use_case.train.candidates
    assert (linear.name, linear.space) == ("logistic_regression", {})
    assert boosting.space == {
        "learning_rate": Range(low=0.02, high=0.3, log=True, whole=False),
        "max_leaf_nodes": Range(low=15, high=127, log=False, whole=True),
    }
    assert use_case.data.sources["flights"].path == "data/flights/*.parquet"
    assert use_case.confidence == 0.95
    assert use_case.release.strategy == "direct"


def test_values_and_sets_of_settings():
    text = edited(
        "    - logistic_regression\n", "    - logistic_regression: {C: 1, class_weight: {choice: [null, balanced]}}\n"
    )
    assert understood(text).use_case.train.candidates[0].space == {
        "C": 1,
        "class_weight": Choice(choice=(None, "balanced")),
    }


def test_undated_data_is_split_by_a_share_of_the_keys():
    text = (
        edited("  event_time: time_hour\n", "")
        .replace("known_after: 1d, ", "")
        .replace("by: time, holdout: 28d", "by: key, holdout: 20%")
    )
    text = text.replace("  history: 180d\n  freshness: 35d\n", "").replace("  time_hour: [hour, day_of_week]\n", "")
    use_case = understood(text).use_case
    assert use_case.split.holdout == 0.2
    assert use_case.data.event_time is None


def test_release_may_be_left_out_and_is_direct():
    assert understood(edited("release: {strategy: direct}\n", "")).use_case.release.strategy == "direct"


def test_a_canary_has_limits_that_nobody_wrote():
    release = understood(edited("{strategy: direct}", "{strategy: canary, share: 5%, for: 12h}")).use_case.release
    assert (release.strategy, release.share, release.for_) == ("canary", 0.05, timedelta(hours=12))
    assert (release.at_least, release.errors_at_most, release.slower_at_most) == (200, 0.01, 2.0)
    assert release.scores_differ_at_most == 0.2


@pytest.mark.parametrize(("optimize", "metric"), [("  optimize: brier\n", "brier"), ("", "log_loss")])
def test_no_model_is_spared_the_naive_baseline(optimize, metric):
    text = edited("  - {metric: log_loss, better_than: naive}\n", "").replace("  optimize: log_loss\n", optimize)
    gates = understood(text).use_case.gates
    assert gates[-2:] == (BetterThan(metric=metric, better_than="naive"), Leakage(leakage="none"))
    assert len(gates) == 5


def test_a_gate_against_naive_is_not_doubled():
    gates = load(FILE, {}).use_case.gates
    assert sum(isinstance(gate, BetterThan) for gate in gates) == 1


# digest ---------------------------------------------------------------------------------------------------------------


@given(st.randoms(use_true_random=False))
def test_the_digest_ignores_comments_layout_and_the_order_of_sections(chance: random.Random):
    sections: list[str] = []
    for line in FLIGHTS.splitlines():
        if line[:1].isalpha():
            sections.append("")
        if sections:
            sections[-1] += (
                line
                + chance.choice(
                    ["", "   ", "  # said"] if "|" not in line and "w." not in line and "from" not in line else [""]
                )
                + "\n"
            )
    chance.shuffle(sections)
    assert understood("\n# other\n".join(sections)).digest == load(FILE, {}).digest


def test_the_digest_ignores_the_order_of_keys_and_the_way_of_quoting():
    text = edited(
        "{type: float, min: 10, max: 6000, unit: mile}", "{unit: 'mile', max: 6000, \"min\": 10, type: float}"
    )
    assert understood(text).digest == load(FILE, {}).digest


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ("seed: 7", "seed: 8", "train"),
        ("at_least: 0.62", "at_least: 0.63", "gates"),
        ("max: 6000", "max: 6001", "contract"),
    ],
)
def test_the_digest_tells_every_change_and_the_sections_say_where(old, new, section):
    before, after = load(FILE, {}), understood(edited(old, new))
    assert before.digest != after.digest
    assert {name for name, digest in before.sections.items() if after.sections[name] != digest} == {section}


def test_where_data_lie_does_not_change_the_digest():
    here, there = load(FILE, {}), load(FILE, {"FLIGHTS": "/mnt/other"})
    assert there.use_case.data.sources["flights"].path == "/mnt/other/flights/*.parquet"
    assert (here.digest, here.sections) == (there.digest, there.sections)


def test_the_digest_is_the_same_in_another_process():
    code = "import sys, pathlib, keepfit.config as c; print(c.load(pathlib.Path(sys.argv[1]), {}).digest)"
    found = subprocess.run([sys.executable, "-c", code, str(FILE)], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == load(FILE, {}).digest


def test_a_file_that_changes_after_it_was_read_changes_nothing(tmp_path):
    file = tmp_path / "flight_delay.yaml"
    file.write_text(FLIGHTS)
    loaded = load(file, {})
    file.write_text("name: [")
    assert loaded.data == FLIGHTS.encode()
    assert loaded.digest == load(FILE, {}).digest


# environment ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("environ", [{}, {"FLIGHTS": ""}])
def test_an_unset_variable_is_named_with_the_place_that_needs_it(environ):
    message = refused(edited("${FLIGHTS:-data}", "${FLIGHTS}"), environ)
    assert "FLIGHTS is unset or empty" in message
    assert "flight_delay.yaml:11:28 data.sources.flights.path\n" in message


@pytest.mark.parametrize("environ", [{}, {"FLIGHTS": ""}])
def test_a_default_stands_in_for_a_variable_that_is_unset_or_empty(environ):
    assert understood(FLIGHTS, environ).use_case.data.sources["flights"].path == "data/flights/*.parquet"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("owner: flight-operations", "owner: ${OWNER}"),
        ("seed: 7", "seed: ${SEED:-7}"),
        ("at_least: 0.62", "at_least: '${T}'"),
        ("  distance: number", "  ${F}: number"),
        ('nulls: ["", NA]', 'nulls: ["${NULLS}"]'),
        ("from flights f", "from ${TABLE} f"),
    ],
)
def test_a_reference_that_could_change_the_model_is_refused(old, new):
    assert "an environment reference is not allowed" in refused(
        edited(old, new), dict.fromkeys(["OWNER", "SEED", "T"], "1")
    )


@pytest.mark.parametrize("broken", ["${FLIGHTS", "${1A}/x", "${}", "${A:-${B}}", "${A:+b}"])
def test_a_broken_reference_is_refused(broken):
    assert "`${NAME}` or `${NAME:-default}`" in refused(edited("${FLIGHTS:-data}", broken), {"A": "a", "B": "b"})


def test_what_the_environment_holds_is_never_repeated():
    message = refused(edited("at_least: 0.62", "at_least: 62"), {"FLIGHTS": "s3://me:hunter2@host"})
    message += refused(FLIGHTS, {"FLIGHTS": "s3://me:hunter2@host"})
    assert "hunter2" not in message
    assert "files on this machine" in message


# secrets --------------------------------------------------------------------------------------------------------------

SECRETS = [
    ('path: "${FLIGHTS:-data}/flights/*.parquet"', "path: postgres://me:hunter2@db/flights"),
    ('path: "${FLIGHTS:-data}/flights/*.parquet"', 'path: "postgres://me:${PW:-hunter2}@db/flights"'),
    ('path: "${FLIGHTS:-data}/flights/*.parquet"', "path: x, password: hunter2"),
    ('path: "${FLIGHTS:-data}/flights/*.parquet"', "path: x, aws_secret_access_key: hunter2"),
    ('path: "${FLIGHTS:-data}/flights/*.parquet"', "path: x, Api-Key: hunter2"),
    ('path: "${FLIGHTS:-data}/flights/*.parquet"', 'path: "https://host/x?token=hunter2"'),
    ("owner: flight-operations", "owner: flight-operations\ntoken: hunter2"),
    ("from flights f", "from postgres_scan('host=db password=hunter2', 'flights') f"),
    ("description: Will", "description: AKIAHUNTER2HUNTER2HU Will"),
]


@pytest.mark.parametrize(("old", "new"), SECRETS)
def test_a_secret_in_the_file_is_refused_and_not_repeated(old, new):
    message = refused(edited(old, new).replace("seed: 7", "sed: 7"), {"PW": "x"})
    assert "use an environment variable reference" in message
    assert "hunter2" not in message.lower()


def test_a_column_may_be_called_anything():
    text = edited("  carrier: category\n", "  carrier: category\n  password_age: number\n")
    text = text.replace(
        "    carrier:    {type: category}\n", "    carrier:    {type: category}\n    password_age: {type: int}\n"
    )
    assert "password_age" in understood(text).use_case.features


# files ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path):
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "flight_delay.yaml").write_text(FLIGHTS)
    return tmp_path


def test_a_use_case_is_found_by_name_and_by_path(root):
    expected = root / "configs" / "flight_delay.yaml"
    assert find("flight_delay", root) == expected
    assert find("configs/flight_delay.yaml", root) == expected
    assert find(str(expected), Path("elsewhere")) == expected


@pytest.mark.parametrize("name", ["flight_dealy", "configs/flight_dealy.yaml", "flight_delay.yml"])
def test_an_unknown_name_is_answered_with_those_there_are(root, name):
    with pytest.raises(ConfigError) as caught:
        find(name, root)
    assert "one of flight_delay" in str(caught.value)
    assert ("did you mean `flight_delay`?" in str(caught.value)) == ("dealy" in name)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "../../etc/passwd", "."])
def test_a_name_that_no_use_case_can_have_is_answered_alike(root, name):
    with pytest.raises(ConfigError, match="no use case"):
        find(name, root)


def test_the_name_in_the_file_is_that_of_the_file(root):
    file = root / "configs" / "other.yaml"
    file.write_text(FLIGHTS)
    with pytest.raises(ConfigError, match=r"other\.yaml:2:1 name"):
        load(file, {})


@pytest.mark.parametrize("text", ["", "# nothing", "a", "- a", "5"])
def test_a_file_that_says_nothing_is_refused(text):
    assert "the sections" in refused(text) or "other sections" in refused(text)


def test_a_missing_file_or_a_folder_is_a_config_error(tmp_path):
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(ConfigError, match="no such file"):
            load(path, {})


def test_importing_the_configuration_imports_nothing_that_costs():
    code = "import sys, keepfit.config; print(*{m.split('.')[0] for m in sys.modules})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pandas", "numpy", "pyarrow", "prefect", "sklearn", "duckdb", "jsonschema"} & set(found)
