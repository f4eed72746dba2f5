"""What ``keepfit monitor`` does by plain calls into ``keepfit``: what Prefect costs is the difference.

python -m tests.benchmarks.monitor_without_prefect USE_CASE AS_OF STORE [log]

``log``: of what was served instead of what arrived. Prints the window's rows and checks, and the peak of memory in MB
since the sources were read.
"""

import gc
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from keepfit import data, ledger, monitor
from keepfit.config import find, load, signature_of
from keepfit.config.model import UseCase
from keepfit.data.tables import Parts
from keepfit.records import Gathered, Moment, Monitored, canonical, sha256
from keepfit.report.watching import render_watched, render_window
from keepfit.serving.log.window import served
from keepfit.store import Store, open_store, publish


def logged(store: Store, use_case: UseCase, start: datetime, end: datetime, moment: Moment) -> Gathered:
    """What was served in a window."""
    parts, signature = Parts(store), signature_of(use_case)
    for each in served(store, signature, start, end, moment, regression=use_case.task == "regression"):
        parts.add(each)
    return Gathered(start=start, end=end, source="log", parts=parts.close(), rows=parts.rows)


def main(name: str, as_of: str, address: str, source: str = "rows") -> None:
    root, started = Path.cwd(), datetime.now(UTC)
    use_case = load(find(name, root), os.environ).use_case
    moment = Moment(as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC), started=started)
    store = open_store(address)
    champion = ledger.fold_of(ledger.head(store, name)).champion
    if champion is None:
        raise SystemExit("there is no champion")
    reference = str(monitor.reference_digest(store, name, champion))
    data.give_back_at_once()
    ageless = use_case.model_copy(update={"data": use_case.data.model_copy(update={"freshness": None})})
    extracted = data.extract(store, ageless, moment, root)
    data.give_back()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    start, end = monitor.bounds(moment.as_of, use_case.monitor.every, use_case.monitor.window)
    gathered = Gathered(start=start, end=end, source="rows")
    if source == "log":
        gathered = logged(store, use_case, start, end, moment)
    window = monitor.watch(store, use_case, extracted, gathered, moment, champion, reference)
    found = monitor.note(store, use_case, window, actor="me", at=started)
    seen = Monitored(
        use_case=name, as_of=moment.as_of, window=window, decision=found.decision, entry=found.entry, track=found.track
    )
    looks = monitor.looks_of(store, name)
    for html in (render_window(seen), render_watched(name, looks)):
        publish(store, f"{name}/reports/{sha256(html.encode())[:12]}.html", html.encode())
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    told = json.loads(canonical(window))
    print(json.dumps({"window": told["span"], "labelled": told["labelled"], "checks": told["checks"], "peak": peak}))


if __name__ == "__main__":
    gc.set_threshold(200_000, 50, 100)  # as in `keepfit monitor`
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    main(*sys.argv[1:])
