"""What ``keepfit docs`` does: the newest validation of a use case as pages in a folder."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.commands import answer, opened
from flows.problems import printable
from keepfit.errors import ConfigError, InfrastructureError, Problem
from keepfit.ledger import back_from, head
from keepfit.records import Extracted, Quarantined, parse
from keepfit.store import Store, get
from keepfit.validate import archive

_MARK = '<meta name="generator" content="keepfit docs">'


def docs(use_case: str, as_of: str | None, out: str | None, store: str | None, *, look: bool, as_json: bool) -> int:
    """Pages about the expectations of the newest validation, also of one that stopped its run."""
    from keepfit.config import find, load
    from keepfit.profile import Profile
    from keepfit.report.docs import Docs, render_docs
    from tasks.run import moment_of

    loaded = load(find(use_case, Path.cwd()), os.environ).use_case
    zone = loaded.data.timezone
    place = opened(store)
    record = _newest(place, loaded.name, moment_of(as_of, zone, datetime.now(UTC)) if as_of else None)
    version = _made_of(place, loaded.name, record)
    pages = render_docs(
        Docs(
            use_case=loaded.name,
            description=loaded.description,
            zone=zone,
            record=record,
            profile=parse(get(place, record.profile), Profile, record.profile) if record.profile else None,
            version=version,
            warnings=parse(get(place, record.extracted), Extracted, record.extracted).warnings,
        )
    )
    index = written(pages, Path(out or f"docs/{loaded.name}"))
    said = {"use_case": loaded.name, "validation": record.number, "version": version, "stopped": record.failed}
    answer(said | {"index": str(index), "pages": len(pages)}, as_json, _docs_text)
    if look:
        import webbrowser

        webbrowser.open(index.resolve().as_uri())
    return 0


def _docs_text(said: Mapping[str, Any]) -> str:
    stopped = [f"this validation stopped its run: {printable(said['stopped'])}"] if said["stopped"] else []
    return "\n".join([*stopped, f"wrote {said['pages']} pages: {said['index']}"])


def _newest(store: Store, use_case: str, until: datetime | None) -> Quarantined:
    """The validation that was written down last, of those as of a moment up to ``until``."""
    for record in archive.newest_first(store, use_case):
        if until is None or record.as_of <= until:
            return record
    what = f"{use_case} was never validated" + (" as of that moment" if until else "")
    raise ConfigError(Problem(what, store.address, "a validation to show", "none", do=f"keepfit run {use_case}"))


def _made_of(store: Store, use_case: str, record: Quarantined) -> int | None:
    """The newest version that was made of the rows of a validation."""
    if record.failed:
        return None
    for entry in back_from(store, head(store, use_case)):
        same = (entry.as_of, entry.objects.get("profile")) == (record.as_of, record.profile)
        if entry.action == "registered" and entry.version is not None and same:
            return entry.version.number
        if entry.at < record.started:
            break
    return None


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
