"""What a report is made of: records only, so the same records make the same page."""

from dataclasses import dataclass

from keepfit.config.model import UseCase
from keepfit.records import (
    Evaluated,
    Exported,
    Extracted,
    Manifest,
    Measured,
    Registered,
    Released,
    Snapshot,
    Split,
    Trained,
    Validated,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionRecords:
    """The version that the candidate was judged against; ``snapshot`` says what it had learnt from, where known."""

    manifest: Manifest
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecords:
    """Everything one run left behind.

    ``released`` is None where the run ended before release; ``champion`` is None where the ledger never had one.
    """

    use_case: UseCase
    extracted: Extracted
    validated: Validated
    split: Split
    trained: Trained
    exported: Exported
    measured: Measured
    evaluated: Evaluated
    verdict: Verdict
    registered: Registered
    manifest: Manifest
    released: Released | None = None
    snapshot: Snapshot | None = None
    champion: ChampionRecords | None = None

    @property
    def zone(self) -> str:
        """The use case's zone, in which dates are shown."""
        return self.use_case.data.timezone
