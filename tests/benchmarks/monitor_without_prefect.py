"""What ``keepfit monitor`` does by plain calls into ``keepfit``: what Prefect costs is the difference.

python -m tests.benchmarks.monitor_without_prefect USE_CASE AS_OF STORE

Prints the window's rows and checks, and the peak of memory in MB since the sources were read.
"""

import gc
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from keepfit import data, ledger, monitor
from keepfit.config import find, load
from keepfit.records import Gathered, Moment, Monitored, canonical, sha256
from keepfit.report.watching import render_watched, render_window
from keepfit.store import open_store, publish


def main(name: str, as_of: str, address: str) -> None:
    root, started = Path.cwd(), datetime.now(UTC)
    use_case = load(find(name, root), os.environ).use_case
    moment = Moment(as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC), started=started)
    store = open_store(address)
    champion = ledger.fold_of(ledger.head(store, name)).champion
    if champion is None:
        raise SystemExit("there is no champion")
    reference = str(monitor.reference_digest(store, name, champion))
    data.give_back_at_once()
    extracted = data.extract(store, use_case, moment, root)
    data.give_back()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    start, end = monitor.bounds(moment.as_of, use_case.monitor.every, use_case.monitor.window)
    gathered = Gathered(start=start, end=end, source="rows")
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
    print(json.dumps({"window": told["span"], "checks": told["checks"], "peak": peak}))


if __name__ == "__main__":
    gc.set_threshold(200_000, 50, 100)  # as in `keepfit monitor`
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    main(*sys.argv[1:])
