"""Whether what serves is there, whole."""

from collections.abc import Iterator, Sequence

from flows.doctor.finding import Finding, fail, ok, warn
from keepfit import ledger, registry
from keepfit.config import Loaded
from keepfit.errors import KeepfitError
from keepfit.store import Store, get


def champions(store: Store, cases: Sequence[Loaded]) -> Iterator[Finding]:
    """Every champion's manifest and files, hashed again."""
    for case in cases:
        name = case.use_case.name
        try:
            yield _champion(store, name)
        except KeepfitError as error:
            problem = error.problems[0]
            yield fail(f"champion of {name}", problem.what, problem.do or "keepfit verify; restore the store's backup")


def _champion(store: Store, name: str) -> Finding:
    seat = ledger.fold_of(ledger.head(store, name)).champion
    if seat is None:
        return warn(f"champion of {name}", "there is none: nothing is answered", f"keepfit run {name}")
    files = registry.manifest(store, name, seat.digest).files
    size = sum(len(get(store, digest)) for digest in files.values())
    return ok(f"champion of {name}", f"version {seat.number}, {len(files)} files and {size / 1e6:.1f} MB as recorded")
