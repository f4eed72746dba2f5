"""What ``keepfit selftest`` does: faults are planted in a scratch store, and the answer says what caught each."""

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from flows.commands import GATE_FAILED, answer
from keepfit.config import find, load
from keepfit.config.loading import Loaded
from keepfit.errors import ConfigError, Problem
from keepfit.records import Moment, Selftested
from tasks.run import moment_of
from tasks.watching import Watcher

_STAGES = ("prepare", "models", "data")
_MOST = 10_000


def selftest(use_case: str, as_of: str | None, seeds: int, *, strict: bool, as_json: bool) -> int:
    """Plant faults into a use case as of a moment; the store of the use case is neither read nor written."""
    if not 1 <= seeds <= _MOST:
        raise ConfigError(Problem("not a number of worlds", "--seeds", f"1 to {_MOST:,}", str(seeds)))
    loaded = load(find(use_case, Path.cwd()), os.environ)
    started = datetime.now(UTC)
    moment = Moment(as_of=moment_of(as_of, loaded.use_case.data.timezone, started), started=started)

    from flows.progress import progress
    from keepfit.report.selftest import selftest_text

    gc.set_threshold(200_000, 50, 100)  # as in `keepfit run`
    with (
        progress(f"selftest of {loaded.use_case.name}", _STAGES, opening="libraries") as watcher,
        tempfile.TemporaryDirectory(prefix="keepfit-selftest-") as folder,
    ):
        result = _tested(loaded, moment, folder, seeds, watcher, strict=strict)
    answer(result, as_json, selftest_text)
    return 0 if result.ok else GATE_FAILED


def _tested(loaded: Loaded, moment: Moment, folder: str, seeds: int, watcher: Watcher, *, strict: bool) -> Selftested:
    """Who follows whom."""
    from keepfit import selftest as testing
    from keepfit.store import open_store

    with _stage(watcher, "prepare") as tell:
        bench = testing.prepare(open_store(folder), loaded.use_case, moment, Path.cwd(), tell)
    with _stage(watcher, "models") as tell:
        models, good = testing.plant_models(bench, seeds, tell)
    with _stage(watcher, "data") as tell:
        data = testing.plant_data(bench, tell)
    return testing.result_of(bench, models, data, good, strict=strict)


@contextmanager
def _stage(watcher: Watcher, name: str) -> Iterator[Callable[[str], None]]:
    """Tell the watcher of a part of the work; how far it is only where a line can be drawn again."""
    begin = perf_counter()
    watcher.started(name)
    try:
        yield partial(watcher.noted, name) if sys.stderr.isatty() else lambda _text: None
    except BaseException as error:
        watcher.failed(name, error)
        raise
    watcher.finished(name, perf_counter() - begin, "", remembered=False)
