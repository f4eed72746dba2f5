"""Look at the newest window, decide what follows, write both down."""

from dataclasses import replace

from msgspec import structs

from keepfit import monitor as monitoring
from keepfit import report
from keepfit.records import (
    Evaluated,
    Exported,
    Extracted,
    Monitored,
    Referenced,
    Seat,
    Split,
    Trained,
    Window,
    canonical,
)
from keepfit.store import put
from tasks.artifacts import markdown
from tasks.run import Run
from tasks.stage import stage

NO_TIME = "rows have no event time, so there are no windows"


def _say_reference(record: Referenced) -> str:
    return record.note


@stage(Referenced, say=_say_reference, sections=("task", "data", "monitor"))
def reference(run: Run, division: Split, trained: Trained, exported: Exported, evaluated: Evaluated) -> Referenced:
    """What windows of production will be held against."""
    made = monitoring.make(run.store, run.use_case, division, trained, exported, evaluated)
    if made is None:
        return Referenced(reference=None, note=NO_TIME)
    usual = made.usual
    known = "calibrated on" if usual.threshold is not None else "not calibrated:"
    note = f"{len(made.columns)} columns, {known} {usual.stretches} stretches of {made.length} days"
    return Referenced(reference=put(run.store, canonical(made)), note=note)


def _say_window(record: Window) -> str:
    alarms = ", ".join(each.replace("_", " ") for each in record.alarms) or "no alarm"
    return f"{record.span.rows:,} rows, {record.labelled:,} with labels: {alarms}"


def _show(run: Run, *records: object) -> None:
    window = records[-1]
    if isinstance(window, Window):
        markdown(run, "window", report.window_markdown(window))


@stage(Window, say=_say_window, sections=("task", "data", "contract", "monitor", "train"), artifact=_show)
def watch(run: Run, extracted: Extracted, champion: Seat, held_against: Referenced) -> Window:
    """Hold the newest window that is over against the time that the champion was made from."""
    return monitoring.watch(run.store, run.use_case, extracted, run.moment, champion, str(held_against.reference))


def _decided(record: Monitored) -> str:
    return monitoring.in_words(record.decision)


def _never(_run: Run, _record: Monitored) -> bool:
    return False


@stage(Monitored, say=_decided, sections=("retrain",), keep=_never, retries=3)
def decide(run: Run, window: Window) -> Monitored:
    """Decide whether to retrain, and write down what was seen and decided."""
    found = monitoring.note(run.store, run.use_case, window, actor=run.actor, at=run.moment.started)
    return Monitored(
        use_case=run.use_case.name,
        as_of=run.moment.as_of,
        window=window,
        decision=found.decision,
        entry=found.entry,
        reason=monitoring.in_words(found.decision),
    )


def ageless(run: Run) -> Run:
    """The run without a limit on the age of data: old data are a finding of the monitor, and stop nothing here."""
    case = run.use_case
    data = case.data.model_copy(update={"freshness": None})
    return structs.replace(run, loaded=replace(run.loaded, use_case=case.model_copy(update={"data": data})))
