"""Our bootstrap beside ``scipy.stats.bootstrap`` on the same statistic and as many draws; prints Markdown.

    python -m tests.benchmarks.bootstrap_speed [TURNS]

The statistic is the difference of the median absolute errors of two models on the same rows, the one that Keepfit
bootstraps. The two take turns; the ratio is the median of the ratios of turns, in processor time.
"""

import sys
from statistics import median
from time import process_time

import numpy as np

from keepfit.evaluate.bootstrap import DRAWS, of_two_medians
from keepfit.evaluate.spread import Clusters

CONFIDENCE = 0.95
BATCH = 50  # draws that SciPy holds at a time: all at once would need 800 MB


def ours(first, second):
    return of_two_medians(first, second, Clusters.by_row(first.size), CONFIDENCE, 1.0)


def scipys(first, second):
    from scipy.stats import bootstrap

    def statistic(one, two, axis):
        return np.median(one, axis=axis) - np.median(two, axis=axis)

    found = bootstrap(
        (first, second),
        statistic,
        paired=True,
        vectorized=True,
        n_resamples=DRAWS,
        batch=BATCH,
        confidence_level=2 * CONFIDENCE - 1,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def timed(job, *words):
    start = process_time()
    found = job(*words)
    return process_time() - start, found


def main(turns: int) -> None:
    print(f"{DRAWS:,} draws, {turns} turns\n")
    print("| rows | Keepfit s | SciPy s | times faster | Keepfit bounds | SciPy bounds |\n|---|---|---|---|---|---|")
    ours(np.arange(100.0), np.arange(100.0) ** 0.5), scipys(np.arange(100.0), np.arange(100.0) ** 0.5)
    for rows in (2_000, 20_000, 100_000):
        rng = np.random.default_rng(1)
        first, second = np.abs(rng.normal(size=rows)), np.abs(1.1 * rng.normal(size=rows))
        pairs = [(timed(ours, first, second), timed(scipys, first, second)) for _ in range(turns)]
        ratio = median(theirs[0] / mine[0] for mine, theirs in pairs)
        mine, theirs = (median(pair[who][0] for pair in pairs) for who in (0, 1))
        bounds = " | ".join(f"{low:.4f} to {high:.4f}" for low, high in (pairs[0][0][1], pairs[0][1][1]))
        print(f"| {rows:,} | {mine:.3f} | {theirs:.2f} | {ratio:.0f} | {bounds} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
