"""What evaluation costs beside one fit; prints Markdown.

    python -m tests.benchmarks.interval_speed [TURNS]

100,000 holdout rows in 28 days, two classes: every metric with its interval for candidate, naive baseline and champion,
every paired comparison (charts are told apart); beside it one boosting fit with scikit-learn's defaults on 250,000 rows
that look like a year of flights (categories of 16, 3 and 105 levels, hours, weather). In turns, in processor time.
"""

import sys
from statistics import median
from time import process_time

import numpy as np

from keepfit.evaluate import Champion, evaluate
from keepfit.evaluate.answers import Answers
from keepfit.evaluate.curves import curves_of
from keepfit.evaluate.spread import Clusters
from keepfit.score import one_thread

ROWS, HOLDOUT, DAYS = 250_000, 100_000, 28


def flights(rng, rows):
    """A matrix as boosting gets it, with places of categories, and whether a flight is late."""
    categories = [rng.integers(0, levels, rows) for levels in (16, 3, 105)]
    numbers = rng.normal(size=(rows, 6))
    hour, weekday = rng.integers(5, 24, rows), rng.integers(0, 7, rows)
    matrix = np.column_stack([*categories, numbers, hour, weekday]).astype(np.float64)
    odds = -2.2 + 0.07 * (hour - 5) + 0.4 * numbers[:, 0] + np.sin(categories[0]) * 0.3 + 0.3 * numbers[:, 1] ** 2
    return matrix, (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.int64)


def fit(matrix, late):
    from sklearn.ensemble import HistGradientBoostingClassifier

    with one_thread():
        return HistGradientBoostingClassifier(categorical_features=[0, 1, 2], early_stopping=False).fit(matrix, late)


def judged(y, candidate, champion, naive, days):
    return evaluate(
        task="binary",
        y=y,
        candidate=candidate,
        naive={"class shares": naive},
        champion=Champion(1, "c" * 64, champion, np.ones(y.size, dtype=bool)),
        days=days,
        confidence=0.95,
        predictions="p" * 64,
    )


def charts(y, candidate, champion, clusters):
    return [
        curves_of("binary", name, Answers.of(y, prediction), clusters, 0.95)
        for name, prediction in (("candidate", candidate), ("champion", champion))
    ]


def timed(job, *words):
    start = process_time()
    found = job(*words)
    return process_time() - start, found


def main(turns: int) -> None:
    rng = np.random.default_rng(7)
    matrix, late = flights(rng, ROWS)
    unseen, y = flights(rng, HOLDOUT)
    model = fit(matrix, late)
    candidate = model.predict_proba(unseen)
    noisy = np.clip(candidate[:, 1] + 0.03 * rng.normal(size=HOLDOUT), 0.001, 0.999)
    champion = np.column_stack([1 - noisy, noisy])
    naive = np.tile([1 - late.mean(), late.mean()], (HOLDOUT, 1))
    print("| clustered by | intervals s | charts s | one fit s | intervals, share of a fit |\n|---|---|---|---|---|")
    for word, days in (("day", np.sort(rng.integers(0, DAYS, HOLDOUT))), ("row", None)):
        clusters = Clusters.of(HOLDOUT, days, None)
        turn = [
            (
                timed(judged, y, candidate, champion, naive, days)[0],
                timed(charts, y, candidate, champion, clusters)[0],
                timed(fit, matrix, late)[0],
            )
            for _ in range(turns)
        ]
        share = median((whole - drawn) / fits for whole, drawn, fits in turn)
        whole, drawn, fits = (median(each[place] for each in turn) for place in range(3))
        print(f"| {word} | {whole - drawn:.2f} | {drawn:.2f} | {fits:.2f} | {share:.1%} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
