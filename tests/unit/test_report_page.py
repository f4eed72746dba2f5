"""The page of a run: what it says, that it is self-contained and the same every time, that text stays text."""

import re
import runpy
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from keepfit.records import Dropped, Released, RowCount, SourceFile, canonical, parse
from keepfit.report import RunRecords, render_run
from keepfit.report.wording import OUTCOME_WORDS

samples = runpy.run_path(str(Path(__file__).with_name("report_samples.py")))
SAMPLES = samples["SAMPLES"]
TEMPLATES = Path(__file__).parents[2] / "keepfit" / "report" / "templates"


class Seen(HTMLParser):
    """What a browser would find: elements with their attributes, and the text between them."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


@pytest.fixture(scope="module")
def pages():
    return {name: render_run(make()) for name, make in SAMPLES.items()}


@pytest.fixture(scope="module")
def seen(pages):
    return {name: Seen(html) for name, html in pages.items()}


def from_the_store(records):
    """The same records after a trip through canonical JSON, where the keys of a dict are sorted."""
    kept = {}
    for field in RunRecords.__dataclass_fields__:
        value = getattr(records, field)
        kept[field] = parse(canonical(value), type(value)) if isinstance(value, msgspec.Struct) else value
    return RunRecords(**kept)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_records_make_the_same_bytes(name, pages):
    assert render_run(SAMPLES[name]()) == pages[name]
    assert render_run(from_the_store(SAMPLES[name]())) == pages[name]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_needs_nothing_but_itself(name, pages, seen):
    tags = {tag for tag, _ in seen[name].elements}
    assert tags.isdisjoint(
        {"script", "img", "iframe", "object", "embed", "form", "base", "a", "image", "use", "foreignobject"}
    )
    attributes = [(key, value) for _, attrs in seen[name].elements for key, value in attrs.items()]
    assert not [key for key, _ in attributes if key.startswith("on") or key in {"src", "srcset", "style", "xlink:href"}]
    assert [value for key, value in attributes if key == "href"] == ["data:,"]
    assert "url(" not in pages[name]
    assert "@import" not in pages[name]
    policy = next(attrs["content"] for tag, attrs in seen[name].elements if tag == "meta" and "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


@pytest.mark.parametrize("name", [n for n in SAMPLES if n != "hostile"])
def test_every_gate_is_there_with_its_outcome_and_reason(name, seen):
    verdict = SAMPLES[name]().verdict
    badges = [
        attrs["class"] for tag, attrs in seen[name].elements if tag == "span" and "badge" in attrs.get("class", "")
    ]
    assert badges[: len(verdict.gates)] == [f"badge {gate.outcome}" for gate in verdict.gates]
    for gate in verdict.gates:
        assert OUTCOME_WORDS[gate.outcome] in seen[name].text
        last_words = gate.reason.split(": ")[-1]
        assert last_words.replace("1e-09", "1×10⁻⁹") in seen[name].text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("passing", "Passed and released as champion"),
        ("first", "Passed and released as first champion"),
        ("failing", "Refused: 2 of 5 gates failed"),
        ("undecided", "Not enough evidence: the champion stays"),
        ("risky", "Passed, waits for a person (risk: high)"),
        ("multiclass", "Passed, not released"),
    ],
)
def test_the_banner_says_in_plain_words_what_happened(name, words, seen):
    assert words in seen[name].text


def test_a_refusal_names_the_gates_that_failed_and_what_becomes_of_the_champion(seen):
    banner = seen["failing"].text.split("Refused:")[2]
    assert "Log loss not worse than the champion by more than 0.01; Exported model answers" in banner[:200]
    assert "The champion stays." in banner[:300]


def test_no_champion_serves_is_not_told_as_the_champion_stays():
    failing = SAMPLES["failing"]()
    disabled = render_run(
        replace(failing, released=Released(released=False, champion=None, reason="the verdict is a fail"))
    )
    assert "No version serves, as before." in disabled
    assert "champion stays" not in disabled


def test_a_version_on_trial_is_not_told_as_refused():
    began = Released(released=False, champion=1, reason="passed; a canary beside version 1 began", rollout=2)
    page = render_run(replace(SAMPLES["passing"](), released=began))
    assert "Passed, on trial beside the champion" in page
    assert "A canary beside version 1 began" in page or "a canary beside version 1 began" in page


def test_without_a_champion_there_is_nothing_to_compare_with(seen):
    assert "First champion: nothing to compare with." in seen["first"].text
    assert "How the versions differ" not in seen["first"].text


def test_a_model_that_is_the_champion_again_is_called_identical():
    numbers = samples["binary_numbers"](champion_skill=0.5)
    numbers["candidate"] = numbers["champion"].prediction
    case = samples["flights_case"]()
    again = samples["assemble"](case, numbers, samples["flights_data"](), champion=samples["earlier_champion"](case))
    html = render_run(again)
    text = Seen(html).text
    assert html.count('<span class="equal">identical</span>') == len(again.evaluated.candidate)
    assert f"the candidate is identical in all {len(again.evaluated.candidate)}." in text
    assert "improvement 0 exactly threshold −0.01" in text


@pytest.mark.parametrize("name", ["passing", "failing", "undecided", "regression"])
def test_the_shaded_side_of_the_threshold_is_the_one_that_passes(name, pages):
    """The picture and the verdict agree: a dot with its whole bar in the shade passed, one with none of it failed."""
    rows = re.findall(
        r'<tr class="([a-z_]+)">(.*?)</tr>', pages[name].split('id="gates"')[1].split("</section>")[0], re.DOTALL
    )
    judged = [(outcome, row) for outcome, row in rows if 'class="passing"' in row]
    assert len(judged) >= 2
    for outcome, row in judged:
        x, width = map(float, re.search(r'<rect x="([\d.]+)" y="2" width="([\d.]+)"', row).groups())
        ends = [float(end) for end in re.findall(r'<line x1="([\d.]+)"[^>]*class="cap ', row)]
        ends = ends or [float(re.search(r'<circle cx="([\d.]+)"', row)[1])]
        inside = [x - 0.2 <= end <= x + width + 0.2 for end in ends]
        if len(ends) == 1 and outcome == "not_enough_evidence":
            continue  # without an interval the picture cannot say it
        assert outcome == ("pass" if all(inside) else "not_enough_evidence" if any(inside) else "fail")


def test_what_changed_since_the_champion_is_side_by_side(seen):
    text = seen["passing"].text
    assert "78,411 rows, 1 January 2013 to 30 March 2013" in text
    assert "104,655 rows, 1 January 2013 to 29 April 2013" in text
    assert re.search(r"Candidate logistic_regression hist_gradient_boosting changed", text)
    assert re.search(r"Requirements [0-9a-f]{12} [0-9a-f]{12} same", text)
    assert re.search(r"ROC AUC 0\.860 0\.935 \+0\.0\d+ 0\.0\d+ to 0\.0\d+ .{9,120}? better ", text)


def test_moments_are_told_in_the_zone_of_the_use_case_and_in_utc(seen):
    assert "1 May 2013, 00:00 America/New_York (04:00 UTC)" in seen["passing"].text


def test_rows_are_conserved_on_the_page_too(seen):
    assert "108,420 rows in = 104,655 kept + 212 quarantined + 3,553 dropped" in seen["passing"].text
    for rule in ("no label", "between 10 and 6000", "copy of a row in train"):
        assert rule in seen["passing"].text


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        (
            "passing",
            ["ROC curve", "Precision and recall", "Calibration", "Decision curve", "Confusion table", "Search history"],
        ),
        ("regression", ["Predicted against actual", "Residuals", "Search history"]),
        ("multiclass", ["Calibration", "Confusion table", "Search history"]),
        (
            "grouped",
            [
                *("ROC curve", "Precision and recall", "Calibration", "Decision curve", "Confusion table"),
                *("Search history", "Learning curve"),
            ],
        ),
    ],
)
def test_each_task_has_its_charts(name, titles, pages):
    found = re.findall(r'class="chart" viewBox="[^"]*" role="img"><title>([^<]*)</title><desc>', pages[name])
    assert found == titles


@pytest.mark.parametrize("name", SAMPLES)
def test_no_letter_hides_or_reorders_another(name, pages):
    allowed = {"\n", "\u200d"}
    assert not [
        c for c in pages[name] if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in allowed
    ]


def test_hostile_names_are_shown_as_the_text_they_are(seen):
    text = seen["hostile"].text
    assert r'<script>alert(1)</script>"><img src=x onerror=alert(2)>\n\u202eevil\u202c\x00' in text
    assert "{{ 7*7 }}" in text
    assert "A" * 700 not in text
    assert [tag for tag, _ in seen["hostile"].elements if tag == "svg"]


@pytest.mark.parametrize("section", ["changes", "metrics", "groups", "choice", "leakage"])
def test_hostile_names_get_into_every_new_section_as_text(section, pages):
    part = pages["hostile"].split(f'<section id="{section}">')[1].split("</section>")[0]
    assert "&lt;script&gt;alert(" in part
    assert "<script" not in part


def test_the_page_says_how_the_version_was_chosen_and_what_a_person_should_look_at(seen):
    text = seen["grouped"].text
    for words in (
        "Why this one best log loss on the validation folds, and clearly better than every simpler candidate",
        "Competition 18 settings on 3 folds, in one process",
        "Probabilities calibrated by sigmoid: log loss out of fold lower by 0.00312",
        "Decisions positive above 0.31",
        "one value only on the training side: tail_number",
        "Beside version 3, the anchor",
    ):
        assert words in text


def test_a_search_of_a_thousand_settings_stays_a_page():
    base = SAMPLES["grouped"]()
    many = msgspec.structs.replace(base.trained, trials=base.trained.trials * 60)
    html = render_run(replace(base, trained=many))
    assert "960 more settings" in html
    assert len(html) < 400_000


def test_text_that_no_encoding_can_say_does_not_stop_the_report():
    base = SAMPLES["first"]()
    warned = msgspec.structs.replace(base.validated, warnings=("file \udce9t\udce9.csv",))
    assert r"file \udce9t\udce9.csv" in render_run(replace(base, validated=warned)).encode().decode()


def test_markup_of_our_own_goes_out_unescaped_in_one_place_only():
    marks = [
        path.name for path in TEMPLATES.iterdir() for _ in re.findall(r"\|\s*safe|autoescape|Markup", path.read_text())
    ]
    assert marks == ["macros.html.j2"]


def test_a_missing_value_stops_the_template_rather_than_showing_nothing():
    from jinja2 import UndefinedError

    from keepfit.report.html import environment

    with pytest.raises(UndefinedError):
        environment().from_string("{{ page.no_such_thing }}").render(page=object())


def test_many_files_fold_away_and_stay_a_page():
    base = SAMPLES["first"]()
    files = tuple(
        SourceFile(
            source="flights",
            path=f"data/flights/{n:05d}.csv",
            digest=f"{n:064x}",
            size=1000,
            parts=(f"{n:064x}",),
            rows=10,
            refused=0,
        )
        for n in range(2000)
    )
    html = render_run(replace(base, extracted=msgspec.structs.replace(base.extracted, sources=files)))
    assert "2,000 files, 20,000 rows, 2.0 MB" in html
    assert len(html) < 300_000
    assert "1,800 more files" in html


def test_zero_rows_and_nothing_measured_still_make_a_page():
    base = SAMPLES["undecided"]()
    bare = msgspec.structs.replace(
        base.evaluated, candidate={}, naive={}, champion={}, comparisons=(), curves=(), rows=0, champion_rows=0
    )
    validated = msgspec.structs.replace(
        base.validated,
        rows=RowCount(total=0, kept=0, quarantined=0, dropped=0),
        columns=(),
        dropped=(Dropped(rule="x", rows=0),),
    )
    trained = msgspec.structs.replace(base.trained, trials=())
    html = render_run(
        replace(
            base,
            evaluated=bare,
            validated=validated,
            trained=trained,
            verdict=msgspec.structs.replace(base.verdict, gates=()),
        )
    )
    assert "0 rows in = 0 kept + 0 quarantined + 0 dropped" in html
    assert "already learnt from every row here" in html


def luminance(colour):
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """WCAG 2.2: (lighter + 0.05) / (darker + 0.05)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_words_can_be_read_in_light_dark_and_print():
    css = (TEMPLATES / "style.css.j2").read_text()
    themes = [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{([^}]*)\}", css)
    ]
    assert len(themes) == 3
    for theme in (t for t in themes if "ink" in t):
        for ground in ("page", "wash", "pass-wash", "fail-wash", "open-wash", "none-wash"):
            if ground in theme:
                assert contrast(theme["ink"], theme[ground]) >= 7
        for tone in ("pass", "fail", "open", "none"):
            wash = theme.get(f"{tone}-wash", "#eeeeee")
            assert contrast(theme.get(tone, "#444444"), wash) >= 4.5, tone
            assert contrast(theme.get(tone, "#444444"), theme.get("sheet", "#ffffff")) >= 4.5, tone
        assert contrast(theme.get("soft", "#444444"), theme.get("page", "#ffffff")) >= 4.5
