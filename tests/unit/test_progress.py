"""What a person sees while a run goes, and when it fails."""

import io
import os
import re

import pytest
from rich.console import Console

from flows.problems import show_problems
from flows.progress import LiveTable, progress
from keepfit.errors import ConfigError, DataError, Problem

STAGES = ("extract", "validate", "train")


class Terminal:
    """A real terminal of 80 columns: what is written to `stream` can be read as a person's eyes would get it."""

    def __init__(self):
        self._near, far = os.openpty()
        self.stream = os.fdopen(far, "w", encoding="utf-8")

    def read(self):
        self.stream.close()
        seen = b""
        while True:
            try:
                chunk = os.read(self._near, 65536)
            except OSError:  # Linux says so when the other end is closed and all is read
                chunk = b""
            if not chunk:
                os.close(self._near)
                return seen.decode()
            seen += chunk


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    return Terminal()


def drawn(table, width=80):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(table)
    return console.file.getvalue().splitlines()


def row(lines, stage):
    return next(line for line in lines if f" {stage} " in f"{line} ")


def test_outside_a_terminal_each_finished_stage_is_one_plain_line():
    stream = io.StringIO()
    with progress("flight_delay", STAGES, stream) as watcher:
        watcher.started("extract")
        watcher.finished("extract", 1.23, "80,789 rows from 6 files", remembered=False)
        watcher.started("validate")
        watcher.finished("validate", 0.04, "", remembered=True)
    start, extract, validate = stream.getvalue().splitlines()
    assert re.fullmatch(r"start +\d+\.\d s  libraries and Prefect", start)
    assert extract == "extract      1.2 s  80,789 rows from 6 files"
    assert validate == "validate     0.0 s  (remembered)"


def test_stdout_stays_free_for_the_answer(capsys):
    with progress("flight_delay", STAGES) as watcher:
        watcher.started("extract")
        watcher.finished("extract", 1.0, "6 files", remembered=False)
    out, err = capsys.readouterr()
    assert out == ""
    assert "extract" in err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (DataError(Problem("0 rows in flights.csv", where="flights.csv")), "failed: 0 rows in flights.csv"),
        (KeyboardInterrupt(), "failed: stopped"),
        (ValueError("first\nsecond"), "failed: first"),
        (ValueError(), "failed: ValueError"),
    ],
)
def test_a_failed_stage_says_why_in_one_line(error, line):
    stream = io.StringIO()
    with progress("flight_delay", STAGES, stream) as watcher:
        watcher.started("extract")
        watcher.failed("extract", error)
    assert stream.getvalue().splitlines()[-1].split(maxsplit=1) == ["extract", line]


def test_what_fails_before_the_first_stage_is_told_of_the_start():
    stream = io.StringIO()
    with (
        pytest.raises(ConfigError),
        progress("flight_delay", STAGES, stream),
    ):
        raise ConfigError("no such use case")
    assert stream.getvalue().split(maxsplit=1) == ["start", "failed: no such use case\n"]


def test_the_table_shows_what_was_what_is_and_what_is_to_come():
    table = LiveTable("flight_delay", STAGES)
    table.started("extract")
    table.finished("extract", 12.34, "6 files", remembered=False)
    table.started("validate")
    title, *lines = drawn(table)
    assert re.fullmatch(r"flight_delay  \d+\.\d s", title.strip())
    assert row(lines, "extract").split() == ["✓", "extract", "12.3", "s", "6", "files"]
    assert re.fullmatch(r"\S validate +0\.0 s", re.sub(r" +", " ", row(lines, "validate")).strip())
    assert row(lines, "train").split() == ["·", "train"]
    table.failed("validate", DataError("one class only"))
    assert row(drawn(table), "validate").split()[0] == "✗"
    assert row(drawn(table), "validate").rstrip().endswith("one class only")


def test_a_stage_that_is_tried_again_says_so():
    table = LiveTable("flight_delay", STAGES)
    table.started("extract")
    table.failed("extract", OSError("disk"))
    table.started("extract")
    assert "attempt 2" in row(drawn(table), "extract")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_long_note_is_cut_and_never_breaks_the_table(width):
    table = LiveTable("flight_delay", STAGES)
    table.started("extract")
    table.finished("extract", 1.0, "a very long note " * 9, remembered=False)
    lines = drawn(table, width)
    assert len(lines) == 1 + len(STAGES)
    assert row(lines, "extract").startswith("✓  extract      1.0 s  a very")
    assert all(len(line) <= width for line in lines)


def test_a_terminal_is_redrawn_and_given_back_with_its_cursor(terminal):
    def stopped_in_validate():
        with progress("flight_delay", STAGES, terminal.stream) as watcher:
            watcher.started("extract")
            watcher.finished("extract", 1.0, "6 files", remembered=False)
            watcher.started("validate")
            watcher.failed("validate", KeyboardInterrupt())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_in_validate()
    seen = terminal.read()
    assert seen.index("\x1b[?25l") < seen.rindex("\x1b[?25h")  # hidden while it is redrawn, shown again
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.split("\x1b[2K")[-1])
    assert [line.split()[:2] for line in last.splitlines()[1:5]] == [
        ["✓", "start"],
        ["✓", "extract"],
        ["✗", "validate"],
        ["·", "train"],
    ]


def test_a_dumb_terminal_gets_plain_lines(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    with progress("flight_delay", STAGES, terminal.stream) as watcher:
        watcher.started("extract")
        watcher.finished("extract", 1.0, "6 files", remembered=False)
    seen = terminal.read()
    assert "\x1b" not in seen
    assert seen.splitlines()[-1] == "extract      1.0 s  6 files"


def test_values_from_data_cannot_steer_the_terminal():
    stream = io.StringIO()
    with progress("flight_delay", STAGES, stream) as watcher:
        watcher.started("extract")
        watcher.failed("extract", DataError("bad value \x1b[2J"))
    show_problems(DataError(Problem("bad value", found="\x1b]0;title\x07")), stream)
    assert not set(stream.getvalue()) & {"\x1b", "\x07"}


PROBLEM = Problem("a share is out of range", where="use_case.yaml:3:9", found="x" * 200, do="write 0.8 or 80%")


def test_an_error_is_one_block_and_long_values_are_not_broken():
    stream = io.StringIO()
    show_problems(ConfigError(PROBLEM, "and another thing"), stream)
    assert stream.getvalue() == f"error  {PROBLEM}\nerror  and another thing\n"


def test_markup_in_a_message_stays_what_it_is():
    stream = io.StringIO()
    show_problems(ConfigError("[bold]gates[/bold] [0] are :warning:"), stream)
    assert stream.getvalue() == "error  [bold]gates[/bold] [0] are :warning:\n"


def test_colour_only_in_terminals_that_want_it(terminal):
    show_problems(ConfigError(PROBLEM), terminal.stream)
    assert "\x1b[1;31merror" in terminal.read()


def test_no_color_is_respected(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    show_problems(ConfigError(PROBLEM), terminal.stream)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", terminal.read())
