"""The exported version asked in this process: is it exact, how large, how fast.

For self-tests; of a run, `keepfit.serving.measure` asks it over HTTP.
"""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from keepfit.export import Probe
from keepfit.records import Exported, Measured, finite, parse
from keepfit.score.compiled import difference_to
from keepfit.score.scorer import Scorer, load, load_trained
from keepfit.score.threads import one_thread
from keepfit.store import Store, get

Raw = Mapping[str, Any]

LONE_REQUESTS = 240


def measure(store: Store, exported: Exported, more: Sequence[Raw] = ()) -> Measured:
    """Send records through the loaded version and compare with the training object.

    The probe's records, hostile ones too, are compared with what the training object answered when it was there;
    ``more`` with what it answers now that it was read back. An answer that is not a number leaves ``parity`` None,
    which no gate passes.
    """
    probe = parse(get(store, exported.files["probe"]), Probe, f"objects/{exported.files['probe']}")
    scorer = load(store, exported.files)
    with one_thread():
        worst = np.max([difference_to(probe, scorer), _difference(load_trained(store, exported.files), scorer, more)])
        times = _times(scorer, probe)
    return Measured(
        parity=finite(worst),
        parity_rows=len(probe.expected) + len(more),
        bytes=exported.bytes,
        p50_ms=finite(np.quantile(times, 0.5)),
        p99_ms=finite(np.quantile(times, 0.99)),
        engine=scorer.engine,
    )


def _difference(trained: Scorer, serving: Scorer, records: Sequence[Raw]) -> float:
    if not records:
        return 0.0
    return float(np.abs(trained.predict_records(records) - serving.predict_records(records)).max())


def _times(scorer: Scorer, probe: Probe) -> list[float]:
    """Milliseconds of lone requests, the first few left out."""
    times = []
    for turn in range(LONE_REQUESTS):
        start = perf_counter()
        scorer.predict_records([probe.records[turn % len(probe.records)]])
        times.append((perf_counter() - start) * 1e3)
    return times[LONE_REQUESTS // 6 :]
