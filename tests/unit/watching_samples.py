"""Windows to draw pages of: one and forty, quiet, alarmed, broken, undecided, a hundred columns, hostile names.

Functions that make lists of ``Look``, oldest first. Loaded by path (``runpy``) from the unit and the browser tests.
"""

import random
from datetime import UTC, datetime, timedelta

from msgspec import UNSET

from keepfit.monitor import in_words
from keepfit.monitor.looks import Look
from keepfit.records import (
    Estimate,
    Forecast,
    Helped,
    Monitored,
    Noted,
    RetrainDecision,
    Seat,
    Span,
    Told,
    Track,
    Window,
    WindowCheck,
    sha256,
)

JUNE = datetime(2013, 6, 1, tzinfo=UTC)
HOSTILE = (
    "<script>window.ran = 1; alert(1)</script>",
    '"><img src=https://evil.example/x.png onerror=alert(2)>',
    "abc\u202egnp.exe",
    "</style></svg></table><h1>big</h1>",
    "{{ 7 * 7 }} {% raw %} ${x} `tick` | pipe",
    "x" * 300,
    "two\nlines\tand a tab",
    "\U0001f6eb departure \U0001f468\u200d\U0001f469\u200d\U0001f467",
    '\' or "quoted" & ampersand; &lt;b&gt;',
    "= cmd|' /C calc'!A0",
    "\u0627\u0644\u062a\u0623\u062e\u064a\u0631",
    "",
)


def check(name, feature=None, outcome="pass", value=None, threshold=None, effect=None, reason=""):
    return WindowCheck(
        check=name,
        feature=feature,
        outcome=outcome,
        value=value,
        threshold=threshold,
        effect=effect,
        reason=reason,
    )


def drift_of(name, ratio, reason="", threshold=4.2):
    outcome = "fail" if ratio > 1 else "pass"
    told = reason or "EWR: 34.9% before, 12.0% now; LGA: 30.1% before, 55.2% now" if ratio > 1 else ""
    return check("drift", name, outcome, ratio * threshold, threshold, ratio * 0.05, told)


def undecided(name, kind="drift"):
    why = "not calibrated: 9 of 19 stretches"
    return check(kind, name, "not_enough_evidence", 1.3, None, 0.02, why)


def arrival(rows=6_500):
    return [
        check("volume", None, "pass", rows, 1_310.0, rows / 6_550),
        check("freshness", None, "pass", 13.0, 840.0, 13.0),
        check("contract", None, "pass", 0.001, 0.01, 0.001),
    ]


def performance_checks(estimated, realised, limit=0.56):
    yield check(
        "estimated_performance",
        "log_loss",
        "fail" if estimated > limit else "pass",
        estimated,
        limit,
        None,
        "worse than in the reference" if estimated > limit else "",
    )
    if realised is not None:
        worse = realised > limit
        why = "worse than in the reference" if worse else ""
        yield check("realised_performance", "log_loss", "fail" if worse else "pass", realised, limit, None, why)
    yield check("estimated_performance", "roc_auc", "skipped", 0.70, 0.64, None, "informs only: log_loss decides")


def look(
    number,
    checks,
    *,
    version=1,
    estimated=0.48,
    realised=None,
    limit=0.56,
    alarms=(),
    broken=(),
    decision=None,
    use_case="flight_delay",
    days=7,
    helped=None,
    source="rows",
    metric="log_loss",
    rows=6_512,
):
    """The window of ``days`` days that ends so many weeks after June began, and what was decided."""
    start = JUNE + timedelta(days=days * number)
    end = start + timedelta(days=days)
    decision = decision or RetrainDecision(retrain=False)
    said = estimated is not None
    guess = Forecast(
        value=estimated,
        low=estimated - 0.03 if said else None,
        high=estimated + 0.03 if said else None,
        threshold=limit,
    )
    auc = Forecast(value=0.702, low=0.66, high=0.74, threshold=0.64)
    came = {}
    if realised is not None:
        came = {
            metric: Estimate(value=realised, low=realised - 0.02, high=realised + 0.02, rows=rows, clusters=days),
            "roc_auc": Estimate(value=0.69, low=0.67, high=0.71, rows=rows, clusters=days),
        }
    window = Window(
        use_case=use_case,
        as_of=end + timedelta(hours=5),
        span=Span(start=start, end=end, rows=rows),
        version=Seat(number=version, digest=sha256(f"v{version}".encode())),
        reference=sha256(b"reference"),
        checks=tuple(checks),
        estimated={metric: guess, "roc_auc": auc} if said else {metric: guess},
        realised=came,
        labelled=rows - 12 if came else 0,
        alarms=alarms,
        broken=broken,
        source=source,
        helped=helped,
    )
    told = Told(
        metric=metric,
        estimated=estimated,
        low=guess.low,
        high=guess.high,
        realised=realised,
        rows=rows,
        labelled=window.labelled,
    )
    noted = Noted(
        end=end,
        start=start,
        version=version,
        window=sha256(f"{number} {version}".encode()),
        alarms=alarms,
        broken=bool(broken),
        told=told,
        helped=UNSET if helped is None else helped,
    )
    return Look(window, noted, decision, in_words(decision), 12 + number, window.as_of)


NAMES = ("origin", "carrier", "dest", "distance", "departure_minute", "temp", "wind_speed", "precip", "visib")


def first():
    """The first window of a young version: nothing can be said yet."""
    checks = [*arrival(), *(undecided(name) for name in NAMES), undecided("visib", "missing")]
    checks.append(
        check("multivariate", None, "not_enough_evidence", 1.0, None, 0.52, "not calibrated: 9 of 19 stretches")
    )
    return [look(0, checks, limit=None)]


def quiet():
    """One window in which nothing happened."""
    checks = [*arrival(), *(drift_of(name, 0.1 + 0.05 * place) for place, name in enumerate(NAMES))]
    return [look(0, [*checks, *performance_checks(0.48, None)], source="log")]


def forty():
    """Forty weeks, three versions; the world moves twice, and is retrained for."""
    draw = random.Random(4)
    found = []
    for number in range(40):
        version = 1 if number < 14 else 2 if number < 29 else 3
        moved = 11 <= number < 14 or 26 <= number < 29
        checks = [*arrival()]
        for place, name in enumerate(NAMES):
            base = draw.uniform(0.15, 0.75)
            checks.append(drift_of(name, base + (0.9 if moved and place in (0, 3) else 0.0)))
        checks.append(check("missing", "visib", "pass", 0.4, 4.2, 0.001))
        checks.append(check("unseen", "carrier", "pass", 0.0, 4.2, 0.0))
        estimated = 0.47 + draw.uniform(-0.02, 0.02) + (0.06 if moved else 0)
        realised = None if number > 37 else estimated + draw.uniform(-0.02, 0.03) + (0.05 if moved else 0)
        checks += performance_checks(estimated, realised)
        alarms = ("drift", "realised_performance") if moved else ()
        decision = RetrainDecision(retrain=False)
        if moved and number in (12, 27):
            decision = RetrainDecision(retrain=True, because=("drift in 2 of 3 windows",))
        elif moved and number in (13, 28):
            because, why = (
                ("drift in 3 of 3 windows",),
                "cooldown until 2013-07-01 00:00 UTC: a retrain was asked for as of 2013-06-03 00:00 UTC",
            )
            decision = RetrainDecision(retrain=False, because=because, suppressed_by=why)
        elif moved:
            why = "drift alarms, but not yet in 2 of 3 windows"
            decision = RetrainDecision(retrain=False, suppressed_by=why)
        helped = None
        if number in (15, 30):
            helped = Helped(
                version=version,
                replaced=version - 1,
                end=JUNE + timedelta(days=7 * (number + 1)),
                rows=6_500,
                metric="log_loss",
                difference=0.031,
                low=0.012 if number == 15 else -0.004,
                high=0.05,
                outcome="helped" if number == 15 else "unclear",
            )
        found.append(
            look(number, checks, version=version, estimated=estimated, realised=realised, alarms=alarms,
                 decision=decision, helped=helped)
        )  # fmt: skip
    return found


def wide():
    """A hundred columns, twelve of which moved, over ninety days with another version in the middle."""
    draw = random.Random(5)
    found = []
    for number in range(90):
        moved = number > 80
        checks = [*arrival()]
        for place in range(100):
            name = f"sensor_{place:02d}_rolling_mean_of_the_last_hour" if place % 3 else f"s{place}"
            checks.append(drift_of(name, draw.uniform(0.1, 0.8) + (0.8 if moved and place < 12 else 0)))
        alarms = ("drift",) if moved else ()
        version = 1 if number < 45 else 2
        found.append(look(number, checks, version=version, days=1, alarms=alarms, realised=0.49, estimated=0.48))
    return found


def asked():
    """The newest window asks for a retrain."""
    return forty()[:13]


def broken():
    """A regression whose feed has gone wrong: a retrain is held for a person."""
    why = "volume: 310 rows, 0.047 times the usual 6,550"
    missing = "missing of temp: 0.1% before, 100.0% now"
    decision = RetrainDecision(
        retrain=False,
        because=("drift in 2 of 3 windows",),
        suppressed_by="the data look broken rather than drifted: a person must look before anything learns from them",
    )
    found = []
    for number in range(3):
        bad = number == 2
        checks = [
            check("volume", None, "fail" if bad else "pass", 310 if bad else 6_500, 1_310.0, 0.047, why if bad else ""),
            check(
                "missing", "temp", "fail" if bad else "pass", 900.0 if bad else 0.1, 4.2, 1.0, missing if bad else ""
            ),
            drift_of("distance", 1.6 if number else 0.4),
            drift_of("temp", 0.4),
            drift_of("score", 0.3),
            drift_of("label", 0.2),
        ]
        checks.append(check("realised_performance", "rmse", "not_enough_evidence", None, None, None, "no value"))
        alarms = ("drift",) if number else ()
        found.append(
            look(number, checks, estimated=12_345_678.9 + number, limit=13_000_000.0, alarms=alarms, metric="rmse",
                 broken=(why, missing) if bad else (), decision=decision if bad else None,
                 rows=310 if bad else 6_500)
        )  # fmt: skip
    return found


def hostile():
    """Names, reasons and levels that would like to be markup."""
    found = []
    for number in range(4):
        checks = [*arrival()]
        for place, name in enumerate(HOSTILE):
            moved = number == 3 and place % 2 == 0
            checks.append(drift_of(name, 1.5 if moved else 0.3, f"{name}: 1.0% before, 99.0% now"))
        why = f"because {HOSTILE[0]} {HOSTILE[2]} {HOSTILE[3]}"
        decision = RetrainDecision(retrain=False, because=(HOSTILE[1],), suppressed_by=why)
        found.append(look(number, checks, alarms=("drift",) if number == 3 else (), decision=decision))
    return found


def one_by_one():
    """Performance that is known of single windows only, with windows in between of which nothing is known."""
    found = []
    for number in range(6):
        estimated = None if number % 2 else 0.5
        found.append(look(number, [*arrival(), drift_of("origin", 0.4)], estimated=estimated, limit=None))
    return found


SAMPLES = {each.__name__: each for each in (first, quiet, forty, wide, asked, broken, hostile, one_by_one)}


def monitored(looks):
    """What ``keepfit monitor`` would have answered for the newest of some windows."""
    newest = looks[-1]
    track = Track(metric="log_loss", windows=8, hits=7, bias=0.0124, trusted=True) if len(looks) > 8 else None
    return Monitored(
        use_case=newest.window.use_case,
        as_of=newest.window.as_of,
        window=newest.window,
        decision=newest.decision,
        entry=newest.entry,
        reason=newest.reason,
        track=track,
    )
