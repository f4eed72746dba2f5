"""What ``keepfit docs`` does: the newest validation of a use case as pages in a folder."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from flows.commands import answer, opened
from keepfit.errors import ConfigError, InfrastructureError, Problem
from keepfit.records import Entry, Provenance, parse
from keepfit.store import Store, get

_MARK = '<meta name="generator" content="keepfit docs">'


def docs(use_case: str, as_of: str | None, out: str | None, store: str | None, *, look: bool, as_json: bool) -> int:
    """Pages about the expectations of the newest validation that made a version."""
    from keepfit.config import find, load
    from keepfit.profile import Profile
    from keepfit.report.docs import Docs, render_docs
    from tasks.run import moment_of

    loaded = load(find(use_case, Path.cwd()), os.environ).use_case
    zone = loaded.data.timezone
    place = opened(store)
    until = moment_of(as_of, zone, datetime.now(UTC)) if as_of else None
    entry, provenance = _newest(place, loaded.name, until)
    profile = provenance.validated.profile
    pages = render_docs(
        Docs(
            use_case=loaded.name,
            description=loaded.description,
            zone=zone,
            number=entry.version.number if entry.version else 0,
            provenance=provenance,
            profile=parse(get(place, profile), Profile, profile) if profile else None,
            later="" if until else _later(place, loaded.name, provenance),
        )
    )
    index = written(pages, Path(out or f"docs/{loaded.name}"))
    said = {"use_case": loaded.name, "version": entry.version and entry.version.number, "index": str(index)}
    answer(said | {"pages": len(pages)}, as_json, lambda it: f"wrote {it['pages']} pages: {it['index']}")
    if look:
        import webbrowser

        webbrowser.open(index.resolve().as_uri())
    return 0


def _newest(store: Store, use_case: str, until: datetime | None) -> tuple[Entry, Provenance]:
    from keepfit.ledger import back_from, head

    for entry in back_from(store, head(store, use_case)):
        early = until is None or (entry.as_of is not None and entry.as_of <= until)
        if entry.action == "registered" and early and "provenance" in entry.objects:
            digest = entry.objects["provenance"]
            return entry, parse(get(store, digest), Provenance, digest)
    what = f"no version of {use_case} is registered" + (" as of that moment" if until else "")
    raise ConfigError(Problem(what, store.address, "a validation to show", "none", do=f"keepfit run {use_case}"))


def _later(store: Store, use_case: str, provenance: Provenance) -> str:
    """A validation after this one that stopped its run, in words."""
    from keepfit.validate import archive

    newest = archive.newest(store, use_case)
    if newest is None or not newest.failed or newest.as_of <= provenance.as_of:
        return ""
    return (
        f"A later validation, as of {newest.as_of:%Y-%m-%d %H:%M} UTC, stopped its run and is not shown here: "
        f"{newest.failed}"
    )


def written(pages: Mapping[str, str], folder: Path) -> Path:
    """The pages in a folder, all of them or none, in place of those that were there; the path of the first page.

    Raises
    ------
    ConfigError
        The folder holds something else.
    InfrastructureError
        It cannot be written.
    """
    _see_that_ours(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, text in pages.items():
                path = fresh / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
            fresh.chmod(0o755)
            if folder.exists():
                shutil.rmtree(folder)
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise InfrastructureError(Problem(f"cannot write the pages: {error.strerror}", str(folder))) from error
    return folder / "index.html"


def _see_that_ours(folder: Path) -> None:
    index = folder / "index.html"
    empty = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if empty or (index.is_file() and _MARK in index.read_text(encoding="utf-8", errors="replace")[:2000]):
        return
    what = "the folder holds something else, which would be lost"
    expected = "a new or empty folder, or one that `keepfit docs` wrote"
    raise ConfigError(Problem(what, f"--out {folder}", expected, did="wrote nothing", do="name another folder"))
