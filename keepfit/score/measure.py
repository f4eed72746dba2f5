"""The exported version asked the way a server asks it: is it exact, how large, how fast."""

from time import perf_counter

import numpy as np

from keepfit.export import Probe
from keepfit.records import Exported, Measured, finite, parse
from keepfit.score.scorer import Scorer, load
from keepfit.score.threads import one_thread
from keepfit.store import Store, get

LONE_REQUESTS = 60


def measure(store: Store, exported: Exported) -> Measured:
    """Send the probe's records, hostile ones too, through the loaded version and compare with the training object.

    An answer that is not a number leaves ``parity`` None, which no gate passes.
    """
    probe = parse(get(store, exported.files["probe"]), Probe, f"objects/{exported.files['probe']}")
    scorer = load(store, exported.files)
    expected = np.array(probe.expected)
    with one_thread():
        answers = scorer.predict_records(probe.records).reshape(expected.shape)
        times = _times(scorer, probe)
    return Measured(
        parity=finite(np.abs(answers - expected).max()),
        parity_rows=len(expected),
        bytes=exported.bytes,
        p50_ms=finite(np.quantile(times, 0.5)),
        p99_ms=finite(np.quantile(times, 0.99)),
    )


def _times(scorer: Scorer, probe: Probe) -> list[float]:
    """Milliseconds of lone requests, the first few left out."""
    times = []
    for turn in range(LONE_REQUESTS):
        start = perf_counter()
        scorer.predict_records([probe.records[turn % len(probe.records)]])
        times.append((perf_counter() - start) * 1e3)
    return times[LONE_REQUESTS // 6 :]
