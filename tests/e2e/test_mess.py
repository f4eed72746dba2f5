"""A directory of mess: ends with the right rows, and one page that explains every row that is not there."""

import csv
import math
import re
from collections import Counter, defaultdict
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from journeys import World, state
from mess_of_flights import (
    COPY,
    FAULTS,
    KEPT,
    NO_LABEL,
    NOT_YET,
    OUTSIDE,
    PENDING,
    SUPERSEDED,
    TRUNCATED,
    Delivery,
    Line,
    clean_flights,
    layout_of,
    make,
)

from flows.demo import write_demo
from keepfit.data import read_snapshot

YAML = Path(__file__).with_name("mess.yaml").read_text()
AS_OF, LATER = "2013-10-01T12:00", "2013-10-03T12:00"
WORDS = {
    "one field too many": r"expected (\d+) fields, found (10|11)",
    "two fields too few": r"expected 9 fields, found 7|expected 10 fields, found 8",
    "a text for a number": r"distance: is not a number.*",
    "half a flight": "flight: is not integral.*",
    "an impossible distance": "distance: at most 6000",
    "flight number 0": "flight: at least 1",
    "an unknown airport": "origin: one of EWR, JFK, LGA",
    "no carrier": "carrier: missing",
    "no such day": "time_hour: fits no period",
    "in ninety years": "time_hour: (fits no period|later than the run's start)",
    TRUNCATED: ".* a truncated file.?",
} | {rule: rule for rule in (OUTSIDE, COPY, SUPERSEDED, PENDING, NO_LABEL, NOT_YET)}
SET_ASIDE = {
    "empty": "an empty file",
    "only a header": "only a header",
    "a page of HTML": "looks like an HTML page",
    "Latin-1": "it may be Latin-1",
    "UTF-16": "it may be UTF-16",
}


def naive(text):
    """What somebody writes who knows nothing of the mess: one source, no mapping, no tolerance for files."""
    flights, rest = text[: text.index("      unreadable_at_most")], text[text.index("  query:") :]
    head, tail = rest[: rest.index("      union all")], rest[rest.index("    )\n    select") :]
    return (flights + head + tail).replace("name: mess", "name: naive")


class Page(HTMLParser):
    """Rows of the tables of a page, by section and by the heading above them."""

    def __init__(self, html):
        super().__init__()
        self.said, self.sections, self._section, self._heading = defaultdict(list), defaultdict(str), "", ""
        self._open = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "section":
            self._section, self._heading = dict(attrs)["id"], ""
        elif tag == "h3":
            self._heading = self._open = ""
        elif tag == "tr":
            self.said[self._section, self._heading].append([])
        elif tag in {"td", "th"}:
            self._open = ""

    def handle_endtag(self, tag):
        if tag == "h3":
            self._heading, self._open = re.sub(r" \d[\d,]* rows?, <?[\d.]+%$", "", self._open.strip()), None
        elif tag in {"td", "th"} and self._open is not None:
            self.said[self._section, self._heading][-1].append(self._open.strip())
            self._open = None

    def handle_data(self, data):
        self.sections[self._section] += data
        if self._open is not None:
            self._open += data

    def rows(self):
        """Every row that the page names: (file, row) to the headings under which it stands."""
        found = defaultdict(set)
        for (section, heading), lines in self.said.items():
            if section in {"quarantined", "dropped", "sum"}:
                for line in lines:
                    for number in numbers(line):
                        found[line[0], number].add(heading if section != "sum" else NOT_YET)
        return found


def numbers(line):
    """The rows of a line of a table: `FILE, ROW, VALUE` or `FILE, COUNT, rows 1–7, 12`."""
    if len(line) != 3 or "/" not in line[0]:
        return []
    named = re.fullmatch(r"(?:[\d,]+ of )?rows? ([\d–, ]+)", line[2])
    if named is None:
        return [int(line[1])]
    spans = [[int(end) for end in part.split("–")] for part in named[1].split(", ")]
    return [number for span in spans for number in range(span[0], span[-1] + 1)]


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    write_demo(date(2013, 11, 1), folder)
    return folder / "data" / "flights"


@pytest.fixture(scope="module")
def mess(clean, tmp_path_factory):
    world = World(tmp_path_factory.mktemp("mess") / "world")
    made = make(world.work, clean)
    world.write("configs/mess.yaml", YAML)
    world.write("configs/naive.yaml", naive(YAML))
    return world, made


@pytest.fixture(scope="module")
def ran(mess, warm):
    """The first run, and what is said about it."""
    world, _ = mess
    ended = warm.run(world, "run", "mess", "--json", "--as-of", AS_OF)
    assert ended.code == 0, ended.err
    told = warm.run(world, "quarantine", "explain", "mess", "--json", "--limit", "1").answer
    assert warm.run(world, "quarantine", "page", "mess", "--out", "page.html").code == 0
    return ended.answer, told, Page((world.work / "page.html").read_text())


def test_without_a_mapping_a_sample_says_what_was_renamed_and_in_what_unit_it_is(mess, warm):
    world, _ = mess
    ended = warm.run(world, "check", "naive", "--data", "--json")
    assert ended.code == 3
    (source,) = ended.answer["sources"]
    found = {(each["kind"], each["column"], each["now"]): each for each in source["recognised"]}
    assert {("renamed", "carrier", "airline"), ("rescaled", "distance", "distance")} <= set(found)
    assert "km instead of mile" in found["rescaled", "distance", "distance"]["what"]
    assert ("missing", "time_hour", "") in found
    assert any(kind == "new" and "departure" in now for kind, _, now in found)


def test_with_the_mapping_a_sample_passes(mess, warm):
    world, _ = mess
    ended = warm.run(world, "check", "mess", "--data", "--json")
    assert (ended.code, ended.answer["why"]) == (0, [])
    became = {(each["found"], each["period"]): each for each in ended.answer["sources"][0]["columns"]}
    assert " km → " in became["distance", "from 2013-07-01"]["example"]
    assert became["time_hour", "from the beginning"]["rows"] == became["carrier", "from the beginning"]["rows"] > 0


def test_what_is_kept_is_the_truth_by_key_and_value(mess, ran):
    world, made = mess
    answer, _, _ = ran
    rows = read_snapshot(world.store, "mess", answer["snapshot"]).to_pylist()
    names = ("dest", "departure_minute", "distance", "agent", "late")
    kept = {
        tuple(row[name] for name in ("carrier", "flight", "time_hour", "origin")): tuple(row[name] for name in names)
        for row in rows
    }
    assert len(rows) == len(kept) == answer["rows"]["kept"] == len(made.kept) > 15_000
    assert kept.keys() == made.kept.keys()
    wrong = {key: (kept[key], values) for key, values in made.kept.items() if not same(kept[key], values)}
    assert wrong == {}


def same(one, other):
    """Equal; kilometres as miles but for the last bits."""
    return (*one[:2], *one[3:]) == (*other[:2], *other[3:]) and math.isclose(one[2], other[2], rel_tol=1e-12)


def test_no_row_is_lost_and_every_cause_has_the_rows_that_were_planted(mess, ran):
    _, made = mess
    answer, told, _ = ran
    rows, planted = answer["rows"], made.counts()
    assert rows["in"] == rows["kept"] + rows["quarantined"] + rows["dropped"]
    assert rows["in"] + told["not_yet"] == sum(made.rows.values()) == len(made.fates)
    assert told["not_yet"] == planted[NOT_YET] == sum(file["rows"] for file in told["later"])
    assert {each["rule"]: each["rows"] for each in told["dropped"]} == {
        rule: planted[rule] for rule in (OUTSIDE, NO_LABEL, COPY, PENDING, SUPERSEDED)
    }
    found = Counter()
    for each in told["quarantined"]:
        found[f"{each['column']}: {each['rule']}" if each["column"] else each["rule"]] += each["rows"]
    assert sum(found.values()) == rows["quarantined"] == sum(planted[fault] for fault in (*FAULTS, TRUNCATED))
    times = planted["no such day"] + planted["in ninety years"]
    assert sum(count for words, count in found.items() if words.startswith("time_hour: ")) == times
    for fault in {*FAULTS, TRUNCATED} - {"no such day", "in ninety years", "one field too many", "two fields too few"}:
        mine = sum(count for words, count in found.items() if re.fullmatch(WORDS[fault], words))
        assert mine == planted[fault], fault


def test_the_page_names_every_row_that_is_not_there_with_its_reason_and_no_other(mess, ran):
    _, made = mess
    *_, page = ran
    named = page.rows()
    absent = {(fate.file, fate.row): fate.what for fate in made.absent()}
    assert set(named) == set(absent)
    for place, what in absent.items():
        assert any(re.fullmatch(WORDS[what], heading) for heading in named[place]), (place, what, named[place])
    # A file that is left out whole is named from its first row to its last, whatever else is said of some of them.
    twice = [place for place, headings in named.items() if len(headings - {NOT_YET, OUTSIDE}) > 1]
    assert twice == []
    kept = {(fate.file, fate.row) for fate in made.fates if fate.what == KEPT}
    assert kept.isdisjoint(named)


def test_files_set_aside_are_on_the_page_with_why(mess, ran):
    _, made = mess
    _, told, page = ran
    assert {each["path"] for each in told["unread"]} == set(made.set_aside)
    for each in told["unread"]:
        assert SET_ASIDE[made.set_aside[each["path"]]] in each["why"]
        assert each["path"] in page.sections["unread"]
    for words in SET_ASIDE.values():
        assert words in page.sections["unread"]


def test_the_sum_on_the_page_adds_up(mess, ran):
    answer, _, page = ran
    *lines, (_, total, _) = [line for line in page.said["sum", ""] if len(line) == 3][1:]
    figures = [int(number.replace(",", "")) for _, number, _ in lines]
    assert sum(figures) == int(total.replace(",", "")) == answer["rows"]["in"]
    assert len(figures) == 7  # kept, quarantined, five rules that drop


def test_a_row_is_found_by_its_number(mess, ran, warm):
    world, made = mess
    first = {fate.what: fate for fate in reversed(made.absent())}
    for what, words in ((OUTSIDE, f"dropped: {OUTSIDE}"), (NOT_YET, "not there yet"), ("half a flight", "17.5")):
        asked = ("--file", first[what].file, "--row", first[what].row)
        said = warm.run(world, "quarantine", "explain", "mess", *asked)
        assert (said.code, words in said.out) == (0, True), said.out


def test_what_is_exported_are_the_planted_rows_with_their_values(mess, ran, warm):
    world, made = mess
    assert warm.run(world, "quarantine", "export", "mess", "--out", "broken.csv").code == 0
    with (world.work / "broken.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    planted = {(fate.file, fate.row): fate for fate in made.fates if fate.what in {*FAULTS, TRUNCATED}}
    assert {(row["_file"], int(row["_row"])) for row in rows} == set(planted)
    for row in rows:
        fate = planted[row["_file"], int(row["_row"])]
        assert fate.flight.agent in row["agent"] or fate.flight.carrier in row["_raw"]


def test_more_mess_than_is_tolerated_stops_the_run_and_leaves_the_champion(mess, ran, clean, warm):
    world, made = mess
    before = state(world, "mess")
    lines = [Line(each, "an unknown airport") for each in clean_flights(clean) if each.at.date() == date(2013, 10, 2)]
    broken = Delivery("data/flights/2013-10-02_again.csv", layout_of(date(2013, 10, 2)), lines)
    (world.work / broken.path).write_bytes(broken.data())
    ended = warm.run(world, "run", "mess", "--as-of", LATER)
    assert ended.code == 3
    assert "too many rows break the contract" in ended.err
    assert state(world, "mess") == before
    assert (before[0], len(before[1])) == (1, 1)
    newest, first = warm.run(world, "quarantine", "list", "mess", "--json").answer["quarantines"]
    assert (newest["stopped"], first["stopped"]) == (True, False)
    assert newest["worst"][0] == ["origin: one of EWR, JFK, LGA", len(lines) + made.counts()["an unknown airport"]]
    assert warm.run(world, "quarantine", "page", "mess", "--out", "stopped.html").code == 0
    assert "the champion stays" in (world.work / "stopped.html").read_text()
