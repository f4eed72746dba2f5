"""Make the model a version, whatever its verdict: a refused model is evidence too."""

from keepfit import monitor, registry
from keepfit.records import Evaluated, Manifest, Provenance, Referenced, Registered, Seat, Validated, Verdict, canonical
from keepfit.store import put
from tasks.run import Run
from tasks.stage import stage


def _say(record: Registered) -> str:
    return f"version {record.number} ({record.digest[:12]})"


def _profile(validated: Validated) -> dict[str, str]:
    return {"profile": validated.profile} if validated.profile else {}


def _reference(record: Referenced) -> dict[str, str]:
    return {monitor.REFERENCE: record.reference} if record.reference else {}


@stage(Registered, say=_say, sections=("risk",), retries=3)
def register(
    run: Run,
    manifest: Manifest,
    verdict: Verdict,
    evaluated: Evaluated,
    provenance: Provenance,
    held_against: Referenced,
) -> Registered:
    """Make the model a version, whatever its verdict: a refused model is evidence too."""
    return registry.register(
        run.store,
        run.use_case,
        manifest,
        verdict,
        run=run.identity(manifest.snapshot),
        actor=run.actor,
        reason=f"run as of {run.moment.as_of.isoformat()}",
        at=run.moment.started,
        metrics={name: estimate.value for name, estimate in evaluated.candidate.items()},
        objects={
            "provenance": put(run.store, canonical(provenance)),
            registry.EVALUATED: put(run.store, canonical(evaluated)),
            **_profile(provenance.validated),
            **_reference(held_against),
        },
        rows=provenance.validated.rows.kept,
        held=provenance.validated.held,
    )


def _judged(record: Registered) -> str:
    return f"version {record.number} was judged again"


@stage(Registered, say=_judged, retries=3)
def write_down(run: Run, challenger: Seat, verdict: Verdict, evaluated: Evaluated, validated: Validated) -> Registered:
    """Write into the ledger that a version was judged again, whatever came of it."""
    return registry.look(
        run.store,
        run.use_case,
        challenger,
        verdict,
        run=look_identity(run, validated),
        actor=run.actor,
        reason=f"judged again as of {run.moment.as_of.isoformat()}",
        at=run.moment.started,
        objects={registry.EVALUATED: put(run.store, canonical(evaluated))},
        details={registry.SNAPSHOT: validated.snapshot, "rows": str(validated.rows.kept)},
    )


def look_identity(run: Run, validated: Validated) -> str:
    """What makes two looks at a challenger the same."""
    return run.identity(f"another look at {validated.snapshot}")
