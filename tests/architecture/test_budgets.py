"""What the linters cannot hold: sizes, the clock, words, and what a wheel brings."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("keepfit", "tasks", "flows")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
NAMED = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())

CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "localtime", "gmtime"}
VAGUE = {"core", "common", "utils", "helpers", "base", "manager", "misc"}


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def length(node):
    return node.end_lineno - node.lineno + 1


@NAMED
def test_no_module_is_longer_than_400_lines_and_no_function_than_60(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    long = [f"{node.name}: {length(node)}" for node in functions(TREES[path]) if length(node) > 60]
    assert not long


def test_the_usual_module_and_function_are_short():
    modules = [len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES if path.name != "__init__.py"]
    assert median(modules) <= 120
    assert median(length(node) for tree in TREES.values() for node in functions(tree)) <= 10


@NAMED
def test_no_global_statement_and_no_optional_import(path):
    for node in ast.walk(TREES[path]):
        assert not isinstance(node, ast.Global), f"line {node.lineno}"
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
            assert not caught & {"ImportError", "ModuleNotFoundError"}, f"line {node.lineno}"


@NAMED
def test_arrows_threads_read_no_bytes_of_pythons(path):
    """A thread that gives such bytes back while the interpreter ends aborts the process: see keepfit/store/owned.py."""
    if path.name == "owned.py":
        return
    named = {node.attr for node in ast.walk(TREES[path]) if isinstance(node, ast.Attribute)}
    assert not named & {"BufferReader", "py_buffer"}


@NAMED
def test_structs_are_decoded_by_parse(path):
    """Two threads that decode to a struct for the first time end the process: see keepfit/records/canonical.py."""
    if path.name == "canonical.py":
        return
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "decode":
            assert "type" not in {word.arg for word in node.keywords}, f"line {node.lineno}"


@NAMED
def test_below_flows_only_serving_reads_the_clock(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "flows" or parts[:2] == ("keepfit", "serving"):
        return
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = node.value.id
            assert not (owner in {"datetime", "date", "time"} and node.attr in CLOCKS), f"line {node.lineno}"


@NAMED
def test_names_say_something(path):
    assert path.stem not in VAGUE
    assert path.parent.name not in VAGUE


@NAMED
def test_every_module_says_what_it_is_for(path):
    said = ast.get_docstring(TREES[path])
    assert said
    assert len(said.splitlines()) <= 14


def test_nobody_else_provides_our_top_level_packages():
    for name in PACKAGES:
        found = importlib.util.find_spec(name).submodule_search_locations
        assert [Path(place) for place in found] == [ROOT / name]
        others = [place for place in sys.path if Path(place) != ROOT and (Path(place) / name).exists()]
        assert not others


def test_requirement_files_name_no_index_and_pin_everything_by_hash():
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert requirements
        assert all("==" in line and line.endswith("\\") for line in requirements), path.name


@pytest.mark.parametrize("name", ["all.txt", "run.txt"])
def test_what_is_held_back_is_pinned_under_both_names_that_pip_meets_it_by(name):
    """With hashes, pip takes ``name[extra]`` for another package than ``name``, and the newest of what has no pin.

    `uv pip compile` writes one of the two: after `make requirements`, write the other beside it.
    """
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    pins = re.findall(r"^sqlalchemy(\[asyncio\])?==(\S+)", text, re.MULTILINE)
    assert [extra for extra, _ in pins] == ["", "[asyncio]"]
    assert len({version for _, version in pins}) == 1


def test_what_pyproject_asks_for_is_pinned():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [*asked["dependencies"], *(line for extra in asked["optional-dependencies"].values() for line in extra)]
    files = [
        ROOT / "requirements" / name for name in ("all.txt", "onnx.txt")
    ]  # the second: of what is too large for all
    pinned = "\n".join(path.read_text(encoding="utf-8") for path in files).lower()
    for line in names:
        name = re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", line)[0]).lower()
        assert re.search(rf"^{name}(\[.*\])?==", pinned, re.MULTILINE), name


def test_the_wheel_brings_three_packages_their_templates_and_the_use_cases_of_the_demo(tmp_path):
    program = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = f"{wheel.name.split('-py3')[0]}.data/data/share/keepfit/configs/"
    shared = {name.removeprefix(data) for name in names if name.startswith(data)}
    assert shared == {path.name for path in (ROOT / "configs").iterdir()}
    ours = [name for name in names if ".dist-info" not in name and not name.startswith(data)]
    assert {name.split("/")[0] for name in ours} == set(PACKAGES)
    for path in MODULES:
        assert path.relative_to(ROOT).as_posix() in names
    assert any(name.endswith("report.html.j2") for name in names)
