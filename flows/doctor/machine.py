"""The machine at hand: libraries, names that may be shadowed, the use cases' files, the store and its clock."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from flows.doctor.finding import Finding, fail, ok, warn
from keepfit.config import Loaded, load
from keepfit.errors import KeepfitError
from keepfit.store import Directory, Store, open_store

OURS = ("keepfit", "flows", "tasks")
SKEW_SECONDS, WRONG_SECONDS = 2.0, 60.0
_FREE_BYTES = 2_000_000_000


def libraries(requirements: Iterable[str] | None = None) -> Iterator[Finding]:
    """Whether what is installed is what Keepfit was tested with (the ranges that its wheel asks for)."""
    from packaging.requirements import Requirement

    asked = [Requirement(line) for line in requirements or metadata.requires("keepfit") or []]
    wrong = []
    for each in asked:
        if each.marker is not None and not each.marker.evaluate({"extra": ""}):
            continue
        version = _version(each.name)
        if version is None or not each.specifier.contains(version, prereleases=True):
            wrong.append(f"{each.name} {version or 'is missing'} (wanted: {each.specifier})")
    if wrong:
        yield fail("libraries", "; ".join(wrong), "install again: pip install --require-hashes -r requirements/run.txt")
    else:
        yield ok("libraries", f"{len(asked)} as required")


def _version(name: str) -> str | None:
    found = next(iter(metadata.distributions(name=name)), None)
    return found.version if found else None


def names(folder: Path) -> Iterator[Finding]:
    """Whether `flows` and `tasks`, which are ordinary words, mean ours."""
    home = Path(__file__).parents[2]
    provided = metadata.packages_distributions()
    others = {name: sorted(set(provided.get(name, ())) - {"keepfit"}) for name in OURS}
    others = {name: owners for name, owners in others.items() if owners}
    for name, owners in others.items():
        yield fail("names", f"`{name}` is also installed by {', '.join(owners)}", f"uninstall {owners[0]}")
    local = [
        name
        for name in OURS
        if folder != home and ((folder / name / "__init__.py").exists() or (folder / f"{name}.py").exists())
    ]
    if local:
        found = f"{', '.join(local)} in {folder}: `python -m …` would take it for ours from here"
        yield warn("names", found, "rename it, or start from another folder; `keepfit` and its workers are safe (-P)")
    if not others and not local:
        yield ok("names", "keepfit, flows and tasks are ours alone")


def use_cases(folder: Path) -> tuple[list[Loaded], list[Finding]]:
    """The use cases of a folder, and what is wrong with those that are none."""
    cases, found = [], []
    for path in sorted((folder / "configs").glob("*.yaml")):
        try:
            cases.append(load(path, os.environ))
        except KeepfitError as error:
            found.append(fail("configs", f"{path.name}: {error.problems[0].what}", f"keepfit check {path.stem}"))
    if cases:
        found.append(ok("configs", ", ".join(case.use_case.name for case in cases)))
    elif not found:
        found.append(warn("configs", f"no use case in {folder / 'configs'}", "write one, or change the folder"))
    return cases, found


def store(address: str) -> tuple[Store | None, list[Finding]]:
    """The store, and whether it answers."""
    try:
        opened = open_store(address)
        opened.list("", 1)
    except KeepfitError as error:
        problem = error.problems[0]
        return None, [fail("store", f"{address}: {problem.what}", problem.do or "see --store and KEEPFIT_STORE")]
    if isinstance(opened, Directory):
        return opened, list(_folder(Path(address)))
    return opened, [ok("store", f"{address} answers")]


def _folder(root: Path) -> Iterator[Finding]:
    if not root.exists():
        yield _made_by_the_first_run(root)
        return
    try:
        with tempfile.NamedTemporaryFile(dir=root, prefix=".doctor-") as file:
            os.utime(file.fileno())
            apart = os.fstat(file.fileno()).st_mtime - time.time()
    except OSError as error:
        yield fail("store", f"{root} cannot be written: {error.strerror}", "give this user the right to write there")
        return
    free = shutil.disk_usage(root).free
    if free < _FREE_BYTES:
        yield warn("store", f"{root} has {free / 1e9:.1f} GB left", "make room: a full disk stops runs and the log")
    else:
        yield ok("store", f"{root} can be written, {free / 1e9:.0f} GB left")
    yield clock("clock of the store", apart)


def _made_by_the_first_run(root: Path) -> Finding:
    above = next(each for each in root.absolute().parents if each.exists())
    if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
        return warn("store", f"{root} is not there yet", "the first run makes it")
    what = "cannot be written" if above.is_dir() else "is no folder"
    return fail("store", f"{root} cannot be made: {above} {what}", "see --store and KEEPFIT_STORE")


def clock(check: str, apart: float) -> Finding:
    """How far another clock is from this one: moments of the ledger come from several machines.

    >>> clock("clock", -90.0).health, clock("clock", 0.4).health
    ('fail', 'ok')
    """
    found = f"{abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} this machine"
    if abs(apart) > WRONG_SECONDS:
        return fail(check, found, "set the clocks by NTP")
    if abs(apart) > SKEW_SECONDS:
        return warn(check, found, "set the clocks by NTP")
    return ok(check, found)
