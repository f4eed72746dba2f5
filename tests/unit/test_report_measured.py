"""What a page says of how a version answered before it was judged."""

from keepfit.records import Exported, Measured
from keepfit.report.measured import measured_facts

HTTP = Measured(parity=None, parity_rows=1379, bytes=9, p50_ms=0.21, p99_ms=0.5, over="http", engine="skops",
                refused=105, note="3 answers are not numbers", cold_start=1.234, memory=217_000_000)  # fmt: skip
OLD = Measured(parity=1e-16, parity_rows=9, bytes=9, p50_ms=None, p99_ms=None)


def test_everything_that_was_measured_is_told():
    facts = dict(measured_facts(HTTP, Exported(files={}, bytes=9, note="it has no compiled form")))
    assert facts["Served by"] == "skops (it has no compiled form)"
    assert facts["Measured"].startswith("over HTTP")
    assert facts["No parity"] == "3 answers are not numbers"
    assert "105 rows" in facts["Refused"]
    assert "1.23 s" in facts["Cold start"]
    assert "217.0 MB" in facts["Memory"]
    assert "advice, not a gate" in facts["One record takes"]


def test_of_a_version_of_an_earlier_build_only_what_is_known_is_told():
    facts = dict(measured_facts(OLD, Exported(files={}, bytes=9)))
    assert facts["Measured"] == "in the process of the run"
    assert facts["One record takes"] == "not measured"
    assert {"Refused", "Cold start", "Memory", "No parity"}.isdisjoint(facts)
