"""What the README says is what happens."""

import getpass
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from readme_serving import examples, run_examples

from flows.cli import app
from flows.progress import TRAIN
from keepfit.config import CANDIDATES, METRICS, UseCase, understand

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
SHOWN = [block for _, block in BLOCKS if block.startswith("$ ")]
COMMANDS = sorted(name for name in app if not name.startswith("-"))


def keepfit(words, folder):
    apart = ("KEEPFIT_STORE", "COLUMNS")
    environ = {name: value for name, value in os.environ.items() if name not in apart} | {"HOME": str(folder)}
    command = [sys.executable, "-m", "flows.cli", *words]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command):
    assert f"`keepfit {command}" in README


def test_the_readme_names_no_command_that_is_not_there():
    assert set(re.findall(r"keepfit ([a-z]+)\b", README)) <= set(COMMANDS)


@pytest.mark.parametrize("name", [*METRICS, *CANDIDATES, *UseCase.model_fields])
def test_every_metric_candidate_and_section_is_in_the_readme(name):
    assert name in README


def test_the_yaml_of_the_readme_is_a_use_case():
    text, contract = (block for kind, block in BLOCKS if kind == "yaml")
    assert understand(text.encode(), Path("parcel_late.yaml"), {}).use_case.name == "parcel_late"
    before, rest = text.split("contract:", 1)
    other = f"{before}{contract}expectations:{rest.split('expectations:', 1)[1]}"
    rules = understand(other.encode(), Path("parcel_late.yaml"), {}).use_case.contract.rules
    assert len(rules) == 2


def test_the_two_words_are_in_the_makefile():
    words = re.findall(r"^make (\w+)", README, re.MULTILINE)
    assert words == ["run", "test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{word}:", makefile, re.MULTILINE) for word in [*words, "check", "bench", "soak"])


def test_the_map_names_what_is_there():
    (tree,) = (block for _, block in BLOCKS if block.startswith("configs/"))
    named = set(re.findall(r"^ {2}(\w+)|^(\w+)/|(\w+) memo", tree, re.MULTILINE))
    words = {word for found in named for word in found if word}
    packages = {path.name for path in (ROOT / "keepfit").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert packages - {"memo"} <= words
    assert {"configs", "flows", "tasks", "keepfit", "deployments", "tests"} <= words


def steady(text):
    """What does not change from day to day and place to place: no folder, clock, digest of the code, rounding error."""
    text = re.sub(r"\b[\d.]+e-1[5-9]\b", "next to nothing", text)
    text = re.sub(r"\S*\.keepfit", ".keepfit", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d {2}", "", text)
    text = re.sub(r"\b[0-9a-f]{8}([0-9a-f]{4})?\b", "", text)
    return re.sub(r"[ \t]+", " ", text).strip()


def test_the_commands_print_and_the_server_answers_what_the_readme_shows(tmp_path):
    assert keepfit(["demo", "--until", "2013-05-01"], tmp_path).returncode == 0
    assert [block.splitlines()[0].split()[2] for block in SHOWN] == ["run", "run", "show"]
    for block in SHOWN:
        command, _, expected = block.partition("\n")
        done = keepfit(command.removeprefix("$ keepfit ").split(), tmp_path)
        assert done.returncode in {0, 5}, done.stderr
        stages = {line.split()[0] for line in done.stderr.splitlines()}
        assert stages <= {"start", *TRAIN}, done.stderr  # and not a word more
        shown = done.stdout.replace(f"  {getpass.getuser()}  ", "  you  ")
        for line in map(steady, expected.splitlines()):
            assert line in steady(shown) or not line, f"{command}: {line}"
    run_examples(examples(README), tmp_path)
