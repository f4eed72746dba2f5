"""From the sources to a judged and released model."""

from datetime import UTC, datetime

from prefect import flow
from prefect.runtime import deployment, flow_run

from keepfit import ledger, registry
from keepfit.records import Journey, Provenance, RunResult, digest_of
from tasks.evaluate import beside, evaluate
from tasks.export import export
from tasks.extract import extract
from tasks.judge import judge
from tasks.measure import measure
from tasks.monitor import reference
from tasks.register import register
from tasks.release import release
from tasks.report import report
from tasks.run import Run, manifest_of, open_run
from tasks.split import split
from tasks.train import train as fit
from tasks.validate import validate


def _run_name() -> str:
    """``flight_delay as of 2013-04-01``; the scheduled start where no moment is given."""
    given = flow_run.parameters
    as_of = given.get("as_of") or flow_run.scheduled_start_time.strftime("%Y-%m-%d %H:%M")
    return f"{given['use_case']} as of {as_of}"


@flow(name="train", flow_run_name=_run_name, persist_result=False, validate_parameters=False)
def train(use_case: str, as_of: str | None = None, store: str | None = None) -> RunResult:
    """Extract, validate, split, train, export, evaluate, measure, judge, register, release, report.

    Parameters
    ----------
    use_case : a name in ``configs/``, or a path to a YAML file.
    as_of : the moment the run pretends it is, such as ``2013-04-01``; the scheduled start unless given.
    store : where everything is kept; ``KEEPFIT_STORE`` or ``.keepfit`` unless given.
    """
    return journey(open_run(use_case, _moment(as_of), store, _start()))


def _start() -> datetime:
    """The real start of this run."""
    return datetime.now(UTC)


def _moment(as_of: str | None) -> str | None:
    """What was given, else when a run of a deployment should have started: late, it still is as of its schedule."""
    if as_of or deployment.id is None:
        return as_of or None
    scheduled: datetime = flow_run.scheduled_start_time
    return min(scheduled, _start()).isoformat()


def journey(run: Run) -> RunResult:
    """Who follows whom. There is no ``if`` on data here: a refused model takes the same way as a released one."""
    extracted = extract(run)
    compared = registry.compared(run.store, run.use_case.name, run.identity(digest_of(extracted)), run.moment.as_of)
    validated = validate(run, extracted, compared)
    division = split(run, extracted, validated)
    trained = fit(run, division)
    exported = export(run, trained)
    position = registry.position(run.store, run.use_case, run.identity(validated.snapshot), run.moment.as_of)
    evaluated = evaluate(run, division, trained, exported, beside(position))
    measured = measure(run, division, trained, exported)
    held_against = reference(run, division, trained, exported, evaluated)
    manifest = manifest_of(run, division, trained, exported)
    verdict = judge(run, manifest, division, trained, evaluated, measured)
    provenance = Provenance(
        snapshot=validated.snapshot, as_of=run.moment.as_of, extracted=extracted, validated=validated
    )
    registered = register(run, manifest, verdict, evaluated, provenance, held_against)
    released = release(run, registered, verdict)
    page = report(
        run,
        Journey(
            extracted=extracted,
            validated=validated,
            split=division,
            trained=trained,
            exported=exported,
            evaluated=evaluated,
            measured=measured,
            manifest=manifest,
            verdict=verdict,
            registered=registered,
            released=released,
            position=position,
        ),
    )
    return RunResult(
        use_case=run.use_case.name,
        as_of=run.moment.as_of,
        snapshot=validated.snapshot,
        rows=validated.rows,
        version=registered.number,
        digest=registered.digest,
        verdict=verdict,
        released=released,
        champion=seat.number if (seat := ledger.fold_of(ledger.head(run.store, run.use_case.name)).champion) else None,
        report=page.path,
        measured=measured,
        warnings=tuple(dict.fromkeys((*extracted.warnings, *validated.warnings))),
    )
