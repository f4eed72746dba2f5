"""Runs to report on: realistic, seeded, judged by the real evaluate and judge; functions that make ``RunRecords``.

Loaded by path (``runpy``) from the unit and the browser tests, since tests are no package.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import msgspec
import numpy as np

from keepfit.config.model import UseCase
from keepfit.evaluate import Champion, evaluate
from keepfit.evaluate.slices import by_level
from keepfit.judge import judge
from keepfit.records import (
    Broken,
    Column,
    ColumnSummary,
    Dropped,
    Estimate,
    Expectation,
    Exported,
    Extracted,
    Leak,
    LearningPoint,
    Manifest,
    Measured,
    Registered,
    Released,
    RowCount,
    Snapshot,
    SourceFile,
    Split,
    Trained,
    Trial,
    Validated,
    sha256,
)
from keepfit.report import ChampionRecords, RunRecords

APRIL = datetime(2013, 4, 1, 4, tzinfo=UTC)
MAY = datetime(2013, 5, 1, 4, tzinfo=UTC)


def name_of(text):
    """A digest that is the same every time."""
    return sha256(text.encode())


def flights_case(**changes):
    """A use case like configs/flight_delay.yaml."""
    said = {
        "name": "flight_delay",
        "description": "Will a flight leaving New York arrive more than 15 minutes late?",
        "owner": "flight-operations",
        "task": "binary",
        "data": {
            "timezone": "America/New_York",
            "sources": {
                "flights": {"kind": "files", "path": "data/flights/*.parquet"},
                "weather": {"kind": "files", "path": "data/weather/*.csv"},
            },
            "key": ["carrier", "flight", "time_hour", "origin"],
            "event_time": "time_hour",
            "label": {"column": "late", "known_after": "1d", "missing_at_most": "10%"},
            "history": "180d",
        },
        "contract": {
            "columns": {
                "origin": {"type": "category", "values": ["EWR", "JFK", "LGA"]},
                "carrier": {"type": "category"},
                "distance": {"type": "float", "min": 10, "max": 6000, "unit": "mile"},
                "wind_speed": {"type": "float", "min": 0, "nullable": True, "unit": "mph"},
                "late": {"type": "bool"},
            },
            "quarantine_at_most": "1%",
        },
        "features": {
            "distance": ["number"],
            "carrier": ["category"],
            "wind_speed": ["number"],
            "origin": ["category"],
            "time_hour": ["hour", "day_of_week"],
        },
        "split": {"by": "time", "holdout": "14d"},
        "train": {
            "candidates": [
                "logistic_regression",
                {"hist_gradient_boosting": {"learning_rate": [0.02, 0.3, "log"], "max_leaf_nodes": [15, 127]}},
            ],
            "trials": 12,
            "seed": 7,
        },
        "gates": [
            {"metric": "roc_auc", "at_least": 0.62},
            {"metric": "log_loss", "better_than": "naive"},
            {"metric": "log_loss", "not_worse_than": "champion", "margin": 0.01},
            {"metric": "brier", "at_most": 0.2},
            {"parity": 1e-9},
        ],
    } | changes
    return UseCase.model_validate(said)


def binary_numbers(*, skill=0.55, champion_skill=None, days=14, per_day=900, champion_days=None, seed=3):
    """Labels and probabilities whose ranking quality follows ``skill``."""
    random = np.random.default_rng(seed)
    n = days * per_day
    day = np.repeat(np.arange(days), per_day)
    latent = random.normal(size=n) + np.repeat(random.normal(scale=0.35, size=days), per_day)
    y = (latent > 0.9).astype(int)

    def probabilities(strength, noise_seed):
        noise = np.random.default_rng(noise_seed).normal(size=n)
        raw = -1.45 + 1.2 * (strength * latent + (1 - strength) * noise)
        positive = 1 / (1 + np.exp(-raw))
        return np.column_stack([1 - positive, positive])

    champion = None
    if champion_skill is not None:
        unseen = day >= days - (champion_days or days)
        champion = Champion(
            number=1, digest=name_of("version 1"), prediction=probabilities(champion_skill, 5), unseen=unseen
        )
    share = y.mean()
    naive = np.tile([1 - share, share], (n, 1))
    return {
        "task": "binary",
        "y": y,
        "candidate": probabilities(skill, 4),
        "naive": {"class shares": naive},
        "champion": champion,
        "days": day,
        "confidence": 0.95,
        "predictions": name_of("predictions"),
    }


def trials(winner="hist_gradient_boosting"):
    """A search over two candidates, with one setting that did not fit."""
    random = np.random.default_rng(11)
    made = [Trial(candidate="logistic_regression", settings={}, folds=(0.4512, 0.4488, 0.4631), score=0.4544)]
    for n in range(12):
        folds = tuple(float(v) for v in 0.432 + 0.012 * random.random() + random.normal(scale=0.006, size=3))
        settings = {
            "learning_rate": float(0.02 + 0.28 * random.random()),
            "max_leaf_nodes": int(random.integers(15, 127)),
        }
        failed = n == 5
        made.append(
            Trial(
                candidate=winner,
                settings=settings,
                folds=(None,) * 3 if failed else folds,
                score=None if failed else sum(folds) / 3,
            )
        )
    return tuple(made)


def flights_data():
    """Extracted, validated, split of a month-by-month feed."""
    files = [
        ("flights", f"data/flights/2013-{m:02d}.parquet", 27_004 - 350 * m, 512_345 + 1000 * m) for m in range(1, 5)
    ]
    files += [("weather", f"data/weather/2013-{m:02d}.csv", 2_226 - m, 201_010 + 77 * m) for m in range(1, 5)]
    rows = RowCount(total=108_420, kept=104_655, quarantined=212, dropped=3_553)
    extracted = Extracted(
        parts=(name_of("table"),),
        rows=108_408,
        refused=(name_of("refused"),),
        refused_rows=12,
        not_yet=23_871,
        outside_history=0,
        labels_pending=881,
        future=0,
        newest=MAY - timedelta(hours=5),
        sources=tuple(
            SourceFile(
                source=s,
                path=p,
                digest=name_of(p),
                size=size,
                parts=(name_of(p + "!"),),
                rows=n,
                refused=12 if "2013-03.csv" in p else 0,
            )
            for s, p, n, size in files
        ),
        columns=(Column(name="origin", type="category"), Column(name="distance", type="float")),
        warnings=("column “tailnum” is not in the contract: dropped",),
    )
    validated = Validated(
        snapshot=name_of("snapshot 2"),
        rows=rows,
        quarantine=(name_of("quarantine"),),
        broken=(
            Broken(rule="between 10 and 6000", column="distance", rows=120, examples=("-1", "99999", "7.5")),
            Broken(rule="one of EWR, JFK, LGA", column="origin", rows=80, examples=("EWX", "")),
            Broken(rule="row could not be read", column=None, rows=12, examples=("expected 9 fields, found 10",)),
        ),
        dropped=(Dropped(rule="no label", rows=3_141), Dropped(rule="duplicate key: first kept", rows=412)),
        expectations=(
            Expectation(
                name="expect_table_row_count_to_be_between",
                outcome="pass",
                observed="104655",
                expected="min_value 20000",
            ),
        ),
        columns=(
            ColumnSummary(
                name="origin",
                type="category",
                missing=0,
                distinct=3,
                low=None,
                median=None,
                high=None,
                top=(("EWR", 37_900), ("JFK", 35_012), ("LGA", 31_743)),
            ),
            ColumnSummary(
                name="carrier",
                type="category",
                missing=0,
                distinct=16,
                low=None,
                median=None,
                high=None,
                top=(("UA", 18_200), ("B6", 17_100), ("EV", 16_800), ("DL", 15_000)),
            ),
            ColumnSummary(
                name="distance", type="float", missing=0, distinct=211, low=80.0, median=888.0, high=4983.0, top=()
            ),
            ColumnSummary(
                name="wind_speed",
                type="float",
                missing=1_204,
                distinct=35,
                low=0.0,
                median=9.20624,
                high=42.57886,
                top=(),
            ),
            ColumnSummary(
                name="late",
                type="bool",
                missing=0,
                distinct=2,
                low=None,
                median=None,
                high=None,
                top=(("false", 80_102), ("true", 24_553)),
            ),
        ),
        warnings=(),
    )
    split = Split(
        snapshot=validated.snapshot,
        by="time",
        sides=name_of("sides"),
        train=89_311,
        holdout=12_600,
        left_out=(
            Dropped(rule="label known only after training ends", rows=1_902),
            Dropped(rule="copy of a row in train", rows=842),
        ),
        train_until=datetime(2013, 4, 15, 4, tzinfo=UTC),
        holdout_from=datetime(2013, 4, 16, 4, tzinfo=UTC),
        holdout_until=datetime(2013, 4, 30, 3, tzinfo=UTC),
    )
    return extracted, validated, split


def manifest_of(
    case, *, as_of, version, candidate, settings, snapshot, train_until, classes=("False", "True"), **changes
):
    """What a version is."""
    said = {
        "use_case": case.name,
        "task": case.task,
        "as_of": as_of,
        "snapshot": snapshot,
        "config": name_of("config"),
        "code": name_of("code"),
        "requirements": name_of("requirements"),
        "candidate": candidate,
        "settings": settings,
        "classes": classes,
        "train_until": train_until,
        "key": (),
        "holdout_share": None,
        "seed": case.train.seed,
        "files": {role: name_of(f"{role} {version}") for role in ("features", "model", "naive", "probe")},
    } | changes
    return Manifest(**said)


def assemble(
    case,
    numbers,
    data,
    *,
    as_of=MAY,
    number=2,
    released=None,
    parity=3.1e-15,
    all_trials=None,
    classes=("False", "True"),
    champion=None,
    candidate="hist_gradient_boosting",
):
    """The records of one run around its numbers."""
    extracted, validated, split = data
    settings = (
        {"learning_rate": 0.0871, "max_leaf_nodes": 31} if candidate == "hist_gradient_boosting" else {"alpha": 1.0}
    )
    evaluated = evaluate(**numbers)
    measured = Measured(parity=parity, parity_rows=1_000, bytes=812_345, p50_ms=0.18, p99_ms=0.41)
    digest = name_of(f"version {number}")
    trained = Trained(
        candidate=candidate,
        settings=settings,
        trials=all_trials if all_trials is not None else trials(),
        features=name_of("features 2"),
        model=name_of("model 2"),
        naive=name_of("naive 2"),
        probe=name_of("probe 2"),
        classes=classes,
        rows=split.train,
    )
    manifest = manifest_of(
        case,
        as_of=as_of,
        version=number,
        candidate=candidate,
        settings=settings,
        snapshot=validated.snapshot,
        train_until=split.train_until,
        classes=classes,
    )
    return RunRecords(
        use_case=case,
        extracted=extracted,
        validated=validated,
        split=split,
        trained=trained,
        exported=Exported(files=manifest.files, bytes=812_345),
        measured=measured,
        evaluated=evaluated,
        verdict=judge(case, split, trained, evaluated, measured, digest, as_of),
        registered=Registered(number=number, digest=digest, verdict=name_of("verdict"), entry=number),
        manifest=manifest,
        released=released,
        snapshot=Snapshot(
            digest=validated.snapshot,
            columns=(),
            rows=validated.rows.kept,
            first=datetime(2013, 1, 1, 10, tzinfo=UTC) if split.by == "time" else None,
            last=split.holdout_until,
            partitions=(),
        ),
        champion=champion,
    )


def earlier_champion(case):
    """Version 1 of flights, a month older and simpler."""
    until = datetime(2013, 3, 17, 4, tzinfo=UTC)
    manifest = manifest_of(
        case,
        as_of=APRIL,
        version=1,
        candidate="logistic_regression",
        settings={},
        snapshot=name_of("snapshot 1"),
        train_until=until,
    )
    snapshot = Snapshot(
        digest=name_of("snapshot 1"),
        columns=(),
        rows=78_411,
        first=datetime(2013, 1, 1, 10, tzinfo=UTC),
        last=datetime(2013, 3, 31, 3, tzinfo=UTC),
        partitions=(),
    )
    return ChampionRecords(manifest=manifest, snapshot=snapshot)


def passing():
    """A challenger that beats the champion."""
    case = flights_case()
    done = Released(released=True, champion=2, reason="all gates passed against version 1")
    return assemble(
        case,
        binary_numbers(skill=0.62, champion_skill=0.5),
        flights_data(),
        released=done,
        champion=earlier_champion(case),
    )


def first():
    """The first champion: nothing to compare with."""
    case = flights_case()
    done = Released(released=True, champion=1, reason="all gates passed; there was no champion")
    return assemble(case, binary_numbers(skill=0.6), flights_data(), as_of=APRIL, number=1, released=done)


def failing():
    """Worse than the champion, under the floor, and the exported model answers differently."""
    case = flights_case()
    no = Released(released=False, champion=1, reason="the verdict is a fail")
    return assemble(
        case,
        binary_numbers(skill=0.2, champion_skill=0.62),
        flights_data(),
        released=no,
        champion=earlier_champion(case),
        parity=0.0031,
    )


def undecided():
    """Only two days are newer than the champion's training."""
    case = flights_case()
    no = Released(released=False, champion=1, reason="not enough evidence")
    return assemble(
        case,
        binary_numbers(skill=0.56, champion_skill=0.54, days=5, per_day=150, champion_days=1, seed=9),
        flights_data(),
        released=no,
        champion=earlier_champion(case),
    )


def risky():
    """A pass that waits for a person."""
    case = flights_case(risk="high")
    no = Released(released=False, champion=None, reason="")
    return assemble(case, binary_numbers(skill=0.62), flights_data(), number=1, released=no)


def undated_data(rows, label, columns):
    """Data without times, split by a hash of the key."""
    held = rows // 4
    extracted = Extracted(
        parts=(name_of("t"),),
        rows=rows,
        refused=(),
        refused_rows=0,
        not_yet=0,
        outside_history=0,
        labels_pending=0,
        future=0,
        newest=None,
        sources=(
            SourceFile(
                source="examples",
                path=f"data/{label}.csv",
                digest=name_of(label),
                size=34_567,
                parts=(name_of("p"),),
                rows=rows,
                refused=0,
            ),
        ),
        columns=(),
        warnings=(),
    )
    validated = Validated(
        snapshot=name_of(label),
        rows=RowCount(total=rows, kept=rows, quarantined=0, dropped=0),
        quarantine=(),
        broken=(),
        dropped=(),
        expectations=(),
        columns=columns,
        warnings=(),
    )
    split = Split(
        snapshot=validated.snapshot,
        by="key",
        sides=name_of("s"),
        train=rows - held,
        holdout=held,
        left_out=(),
        train_until=None,
        holdout_from=None,
        holdout_until=None,
    )
    return extracted, validated, split


def undated_case(name, task, **changes):
    """A use case without event times."""
    return flights_case(
        name=name,
        task=task,
        owner="research",
        description="How far has the disease progressed after one year?"
        if task == "regression"
        else "Which digit was written?",
        data={
            "sources": {"examples": {"kind": "files", "path": "data/*.csv"}},
            "key": ["id"],
            "label": {"column": "target"},
        },
        contract={
            "columns": {
                "bmi": {"type": "float", "unit": "kg/m²"},
                "target": {"type": "float" if task == "regression" else "category"},
            }
        },
        features={"bmi": ["number"]},
        split={"by": "key", "holdout": 0.25},
        **changes,
    )


def regression():
    """A first regression."""
    random = np.random.default_rng(2)
    y = random.gamma(4, 38, size=442)
    values = 0.55 * y + 0.45 * y.mean() + random.normal(scale=34, size=442)
    case = undated_case(
        "diabetes_progression",
        "regression",
        train={"candidates": ["ridge"], "trials": 1, "seed": 1},
        gates=[
            {"metric": "rmse", "at_most": 70},
            {"metric": "rmse", "better_than": "naive"},
            {"metric": "rmse", "better_than": "champion"},
        ],
    )
    numbers = {
        "task": "regression",
        "y": y,
        "candidate": values,
        "naive": {"mean": np.full(442, y.mean())},
        "champion": None,
        "days": None,
        "confidence": 0.95,
        "predictions": name_of("p"),
    }
    columns = (
        ColumnSummary(name="bmi", type="float", missing=0, distinct=163, low=18.0, median=25.7, high=42.2, top=()),
    )
    only = (Trial(candidate="ridge", settings={"alpha": 1.0}, folds=(55.1, 57.9, 54.2), score=55.7),)
    return assemble(
        case,
        numbers,
        undated_data(1768, "diabetes", columns),
        number=1,
        classes=(),
        candidate="ridge",
        all_trials=only,
        released=Released(released=True, champion=1, reason="all gates passed"),
    )


def multiclass():
    """Ten digits."""
    random = np.random.default_rng(6)
    n, k = 450, 10
    y = random.integers(0, k, size=n)
    raw = random.normal(size=(n, k))
    raw[np.arange(n), y] += 3.6
    raw[np.arange(n), (y + 7) % k] += 1.0
    candidate = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    case = undated_case(
        "digit_image",
        "multiclass",
        gates=[{"metric": "accuracy", "at_least": 0.9}, {"metric": "log_loss", "better_than": "naive"}],
    )
    numbers = {
        "task": "multiclass",
        "y": y,
        "candidate": candidate,
        "naive": {"class shares": np.full((n, k), 1 / k)},
        "champion": None,
        "days": None,
        "confidence": 0.95,
        "predictions": name_of("p"),
    }
    columns = tuple(
        ColumnSummary(name=f"pixel_{i}", type="float", missing=0, distinct=17, low=0.0, median=4.0, high=16.0, top=())
        for i in range(64)
    )
    return assemble(
        case,
        numbers,
        undated_data(1797, "digits", columns),
        number=1,
        classes=tuple("0123456789"),
        released=Released(released=False, champion=None, reason=""),
    )


def rungs(winner="hist_gradient_boosting"):
    """A search by halving: nine settings on a third of the rows, the best three of each candidate on all."""
    random = np.random.default_rng(17)
    made = []
    for candidate, level in (("logistic_regression", 0.452), (winner, 0.431)):
        for n in range(9):
            folds = tuple(float(v) for v in level + 0.004 * n + random.normal(scale=0.004, size=3))
            made.append(
                Trial(
                    candidate=candidate,
                    settings={"learning_rate": round(0.05 + 0.02 * n, 3)},
                    folds=folds,
                    score=sum(folds) / 3,
                    share=1.0 if n < 3 else 1 / 3,
                )
            )
    return tuple(made)


LEAKS = (
    Leak(kind="predicts_alone", feature="tail_number", value=0.9993, limit=0.99, reason="tail_number tells it alone"),
    Leak(kind="near_copies", rows=212, value=0.017, limit=0.01, reason="212 rows to judge on equal rows learnt from"),
)


def grouped():
    """Groups of which one is bad and one too small, two naive baselines, an anchor, a halved search, leaks."""
    case = flights_case(
        protected=["origin", "carrier"],
        gates=[
            {"metric": "roc_auc", "at_least": 0.8, "by": "origin"},
            {"metric": "log_loss", "better_than": "naive"},
            {"metric": "log_loss", "not_worse_than": "champion", "margin": 0.01},
            {"leakage": "none", "waived": [{"feature": "tail_number", "because": "known at booking", "by": "ada"}]},
        ],
    )
    numbers = binary_numbers(skill=0.6, champion_skill=0.55)
    y, rows = numbers["y"], numbers["y"].size
    random = np.random.default_rng(21)
    origin = random.integers(0, 3, size=rows)
    bad = origin == 2
    numbers["candidate"][bad] = numbers["candidate"][random.permutation(np.flatnonzero(bad))]
    carrier = np.zeros(rows, int)
    carrier[:20] = 1
    last = np.clip(np.roll(y, 400) * 0.5 + 0.05, 0, 1)
    numbers |= {
        "naive": numbers["naive"] | {"last label": np.column_stack([1 - last, last])},
        "groups": (by_level("origin", origin, ["EWR", "JFK", "LGA"]), by_level("carrier", carrier, ["UA", "HA"])),
        "anchor": Champion(
            number=3,
            digest=name_of("version 3"),
            prediction=numbers["champion"].prediction,
            unseen=np.ones(rows, bool),
        ),
    }
    extracted, validated, split = flights_data()
    made = assemble(
        case,
        numbers,
        (extracted, validated, msgspec.structs.replace(split, leaks=LEAKS)),
        number=7,
        released=Released(released=False, champion=1, reason="the verdict is a fail"),
        champion=earlier_champion(case),
        all_trials=rungs(),
    )
    trained = msgspec.structs.replace(
        made.trained,
        learning_curve=(
            LearningPoint(rows=22_000, score=0.4502),
            LearningPoint(rows=44_000, score=0.4399),
            LearningPoint(rows=89_311, score=0.4311),
        ),
        growth=Estimate(value=0.0088, low=0.0041, high=0.0136, rows=20_000, clusters=20),
        memory=450_000_000,
        choice="best log_loss on the validation folds, and clearly better than every simpler candidate",
        calibration="calibrated by sigmoid: log loss out of fold lower by 0.00312 (at least 0.00101)",
        decision="positive above 0.31: the mean cost out of fold is lowest, 0.41 a row (precision 0.5, recall 0.6)",
        warnings=("one value only on the training side: tail_number",),
    )
    return replace(made, trained=trained)


HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(2)>\n\u202eevil\u202c\u0000 | `a` \U0001f469\u200d\U0001f4bb '
    + "A" * 3000
)
SHORT_HOSTILE = "</style></svg><script>alert(3)</script>{{ 7*7 }}\r\n\u2066x"


def hostile():
    """Names, values and reasons that want to be more than text."""
    base = SAMPLES["grouped"]()
    gates = tuple(
        msgspec.structs.replace(
            g,
            gate=g.gate + " " + HOSTILE,
            reason=HOSTILE,
            by=HOSTILE,
            group=SHORT_HOSTILE,
            outcome="fail" if n % 2 else g.outcome,
        )
        for n, g in enumerate(base.verdict.gates)
    )
    column = ColumnSummary(
        name=HOSTILE,
        type=SHORT_HOSTILE,
        missing=1,
        distinct=2,
        low=None,
        median=None,
        high=None,
        top=((HOSTILE, 5), (SHORT_HOSTILE, 3)),
    )
    validated = msgspec.structs.replace(
        base.validated,
        broken=(Broken(rule=HOSTILE, column=SHORT_HOSTILE, rows=9, examples=(HOSTILE, SHORT_HOSTILE)),),
        dropped=(Dropped(rule=HOSTILE, rows=1),),
        expectations=(Expectation(name=HOSTILE, outcome=SHORT_HOSTILE, observed=HOSTILE, expected=HOSTILE),),
        columns=(column,),
        warnings=(HOSTILE,),
    )
    source = msgspec.structs.replace(base.extracted.sources[0], path=HOSTILE, source=SHORT_HOSTILE)
    evaluated = msgspec.structs.replace(
        base.evaluated,
        slices=tuple(msgspec.structs.replace(one, by=HOSTILE, group=SHORT_HOSTILE) for one in base.evaluated.slices),
        baselines=tuple(msgspec.structs.replace(one, baseline=SHORT_HOSTILE) for one in base.evaluated.baselines),
    )
    leak = Leak(kind=SHORT_HOSTILE, feature=HOSTILE, value=1.0, limit=None, reason=HOSTILE)
    settings = {SHORT_HOSTILE: HOSTILE}
    return replace(
        base,
        validated=validated,
        split=msgspec.structs.replace(base.split, leaks=(leak,)),
        evaluated=evaluated,
        verdict=msgspec.structs.replace(base.verdict, gates=gates),
        extracted=msgspec.structs.replace(base.extracted, sources=(source,), warnings=(SHORT_HOSTILE,)),
        trained=msgspec.structs.replace(
            base.trained,
            candidate=SHORT_HOSTILE,
            settings=settings,
            choice=HOSTILE,
            calibration=HOSTILE,
            decision=SHORT_HOSTILE,
            warnings=(HOSTILE,),
            growth=Estimate(value=None, low=None, high=None, rows=0, clusters=0, reason=HOSTILE),
            classes=(HOSTILE, SHORT_HOSTILE),
            trials=tuple(
                msgspec.structs.replace(t, candidate=SHORT_HOSTILE, settings=settings) for t in base.trained.trials
            ),
        ),
        manifest=msgspec.structs.replace(base.manifest, settings=settings, files={HOSTILE: SHORT_HOSTILE}),
        released=Released(released=True, champion=2, reason=HOSTILE),
        use_case=base.use_case.model_copy(update={"description": HOSTILE, "owner": HOSTILE}),
    )


SAMPLES = {
    make.__name__: cache(make)
    for make in (passing, first, failing, undecided, risky, grouped, regression, multiclass, hostile)
}
