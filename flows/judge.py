"""From new labels to another verdict on the newest challenger."""

from prefect import flow

from flows.train import _moment, _run_name, _start
from keepfit import ledger, registry
from keepfit.records import Fold, JudgedAgain, Position, digest_of
from tasks.evaluate import beside, evaluate_again, unseen
from tasks.extract import extract
from tasks.judge import judge_again
from tasks.register import look_identity, write_down
from tasks.release import release
from tasks.run import Run, open_run
from tasks.validate import validate


@flow(name="judge", flow_run_name=_run_name, persist_result=False, validate_parameters=False)
def judge(use_case: str, as_of: str | None = None, store: str | None = None) -> JudgedAgain:
    """Extract, validate, evaluate the newest challenger beside the champion, judge, write down, release.

    Parameters
    ----------
    use_case : a name in ``configs/``, or a path to a YAML file.
    as_of : the moment the run pretends it is, such as ``2013-04-01``; the scheduled start unless given.
    store : where everything is kept; ``KEEPFIT_STORE`` or ``.keepfit`` unless given.
    """
    run = open_run(use_case, _moment(as_of), store, _start())
    fold = _fold(run)
    if fold.challenger is None:
        return _nothing(run, fold, "there is no challenger: every version was decided on")
    return look_again(run)


def look_again(run: Run) -> JudgedAgain:
    """Who follows whom; without a challenger or new rows it ends early, and nothing is spent."""
    name = run.use_case.name
    extracted = extract(run)
    compared = registry.compared(run.store, name, run.identity(digest_of(extracted)), run.moment.as_of)
    validated = validate(run, extracted, compared)
    position = registry.position(run.store, run.use_case, look_identity(run, validated), run.moment.as_of)
    challenger = position.challenger
    if challenger is None:
        return _nothing(run, _fold(run), "there is no challenger: every version was decided on")
    look = unseen(run, validated, position)
    if look.short:
        return _nothing(run, _fold(run), f"nothing to judge version {challenger.number} on yet: {look.short}")
    evaluated = evaluate_again(run, look.split, challenger, beside(position))
    verdict = judge_again(run, challenger, evaluated)
    registered = write_down(run, challenger, verdict, evaluated, validated)
    released = release(run, registered, verdict)
    serving = _fold(run).champion
    return JudgedAgain(
        use_case=name,
        as_of=run.moment.as_of,
        version=challenger.number,
        champion=serving.number if serving else None,
        verdict=verdict,
        released=released,
        rows=look.split.holdout,
        fresh=look.fresh,
        spent=_spent(position, registered.entry, run),
        reason=released.reason,
    )


def _fold(run: Run) -> Fold:
    return ledger.fold_of(ledger.head(run.store, run.use_case.name))


def _spent(position: Position, entry: int, run: Run) -> float | None:
    """What the ledger says that this look has spent."""
    given = ledger.entry_at(run.store, run.use_case.name, entry)
    return position.spend if isinstance(given.spent, float) else None


def _nothing(run: Run, fold: Fold, reason: str) -> JudgedAgain:
    return JudgedAgain(
        use_case=run.use_case.name,
        as_of=run.moment.as_of,
        version=fold.challenger.number if fold.challenger else None,
        champion=fold.champion.number if fold.champion else None,
        reason=reason,
    )
