"""One run as every task sees it: opened once, read once, then frozen."""

import getpass
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from keepfit import data, memo, registry
from keepfit.config import Loaded, UseCase, find, load
from keepfit.errors import ConfigError, Problem
from keepfit.records import Exported, Manifest, Moment, Split, Trained, digest_of
from keepfit.store import Store, open_store


class Run(msgspec.Struct, frozen=True):
    """The YAML as it was read, the store, the moment, and the source files as they were at the start."""

    loaded: Loaded
    store: Store
    moment: Moment
    root: Path
    actor: str
    looked: Mapping[str, data.Looked]
    fingerprint: data.Fingerprint

    @property
    def use_case(self) -> UseCase:
        """What the YAML says."""
        return self.loaded.use_case

    def sections(self, *names: str) -> dict[str, str]:
        """Digests of parts of the YAML, as they were understood (defaults filled in, references resolved)."""
        return {name: digest_of(self.use_case.model_dump(mode="json", include={name})) for name in names}

    def identity(self, rows: str) -> str:
        """What makes two runs the same: use case, moment, data, config, code and what the code is built on."""
        code = digest_of([memo.code_digest(), memo.requirements_digest()])
        return registry.run_identity(self.use_case.name, self.moment.as_of, rows, self.loaded.digest, code)


def open_run(
    use_case: str,
    as_of: str | None,
    store: str | None,
    started: datetime,
    environ: Mapping[str, str] = os.environ,
) -> Run:
    """Read the YAML, open the store, take the digests of the source files.

    Raises
    ------
    ConfigError
        The YAML, the moment or the store's address is not what it should be.
    DataError
        A source has no file.
    """
    root = Path.cwd()
    loaded = load(find(use_case, root), environ)
    moment = Moment(as_of=moment_of(as_of, loaded.use_case.data.timezone, started), started=started)
    opened = open_store(store or environ.get("KEEPFIT_STORE") or str(root / ".keepfit"))
    looked = data.look(opened, loaded.use_case, root)
    return Run(
        loaded=loaded,
        store=opened,
        moment=moment,
        root=root,
        actor=getpass.getuser(),
        looked=looked,
        fingerprint=data.fingerprint(looked),
    )


def manifest_of(run: Run, division: Split, trained: Trained, exported: Exported) -> Manifest:
    """What the version is: the digests of everything that made it."""
    use_case = run.use_case
    holdout = use_case.split.holdout
    return Manifest(
        use_case=use_case.name,
        task=use_case.task,
        as_of=run.moment.as_of,
        snapshot=division.snapshot,
        config=run.loaded.digest,
        code=memo.code_digest(),
        requirements=memo.requirements_digest(),
        candidate=trained.candidate,
        settings=trained.settings,
        files=exported.files,
        classes=trained.classes,
        train_until=division.train_until,
        key=use_case.data.key,
        holdout_share=holdout if isinstance(holdout, float) else None,
        seed=use_case.train.seed,
        sides=division.sides,
    )


def moment_of(text: str | None, zone: str, started: datetime) -> datetime:
    """``as_of`` in UTC; a bare date or time is meant in the use case's zone, nothing means now.

    Raises
    ------
    ConfigError
        Not a date or time of ISO 8601, or later than now.

    Examples
    --------
    >>> moment_of("2013-04-01", "America/New_York", datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
    '2013-04-01T04:00:00+00:00'
    """
    if text is None:
        return started
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        expected = "a date or time such as 2013-04-01 or 2013-04-01T06:00-04:00"
        raise ConfigError(Problem("not a moment", "--as-of", expected, text)) from None
    moment = moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment
    if moment > started:
        raise ConfigError(Problem("a run cannot be as of the future", "--as-of", f"at most {started}", text))
    return moment.astimezone(UTC)
