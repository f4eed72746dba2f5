"""Which modules a run imports, and a process that imports just these: the floor under a run's memory.

python -m tests.benchmarks.imports_of_a_run record FILE WORD...    (runs ``keepfit WORD...``)
python -m tests.benchmarks.imports_of_a_run import FILE
"""

import importlib
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path


def record(path: Path, words: list[str]) -> None:
    from flows.cli import main

    with suppress(SystemExit):
        main(words)
    ours = ("__main__", "tests")
    path.write_text("\n".join(name for name in sys.modules if not name.startswith(ours)))


def load(path: Path) -> None:
    warnings.simplefilter("ignore")
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    for name in path.read_text().split():
        with suppress(Exception):  # a few names stand for no file: aliases, modules that libraries make
            importlib.import_module(name)


if __name__ == "__main__":
    if sys.argv[1] == "record":
        record(Path(sys.argv[2]), sys.argv[3:])
    else:
        load(Path(sys.argv[2]))
