"""Look at the newest window, decide what follows, write both down."""

from dataclasses import replace

from msgspec import structs

from keepfit import monitor as monitoring
from keepfit import report
from keepfit.config import signature_of
from keepfit.records import (
    Evaluated,
    Exported,
    Extracted,
    Gathered,
    Monitored,
    Referenced,
    Seat,
    Split,
    Trained,
    Window,
    canonical,
    sha256,
)
from keepfit.store import publish, put
from tasks.artifacts import markdown, picture
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


def _say_gathered(record: Gathered) -> str:
    if record.source == "log":
        return f"{record.rows:,} rows that were served"
    return f"what arrived in the sources: {record.because}"


def _never(_run: Run, _record: Gathered | Monitored) -> bool:
    return False


@stage(Gathered, say=_say_gathered, keep=_never)
def gather(run: Run, window: Gathered, held_against: Referenced) -> Gathered:
    """What was served in a window, where the prediction log has enough of it; else what arrived in the sources."""
    asked = run.use_case.monitor.source
    if asked == "rows":
        return structs.replace(window, because=monitoring.source_of(asked, 0, 0.0)[1])
    from keepfit.data.tables import Parts
    from keepfit.serving.log.window import served

    parts, signature = Parts(run.store), signature_of(run.use_case)
    regression = run.use_case.task == "regression"
    for each in served(run.store, signature, window.start, window.end, run.moment, regression=regression):
        parts.add(each)
    found = parts.close()
    usual = monitoring.usual_rows(run.store, str(held_against.reference))
    source, because = monitoring.source_of(asked, parts.rows, usual)
    if source == "rows":
        return structs.replace(window, because=because)
    return structs.replace(window, source=source, because=because, parts=found, rows=parts.rows)


def _say_window(record: Window) -> str:
    alarms = ", ".join(each.replace("_", " ") for each in record.alarms) or "no alarm"
    return f"{record.span.rows:,} rows, {record.labelled:,} with labels: {alarms}"


def _show(run: Run, *records: object) -> None:
    window = records[-1]
    if isinstance(window, Window):
        newest = monitoring.bounds(run.moment.as_of, run.use_case.monitor.every, run.use_case.monitor.window)[1]
        what = "window" if window.span.end == newest else "earlier"
        markdown(run.use_case.name, what, report.window_markdown(window))


def _show_decision(run: Run, *records: object) -> None:
    seen = records[-1]
    if isinstance(seen, Monitored):
        markdown(run.use_case.name, "decision", report.decision_markdown(seen))


def _show_late(run: Run, *records: object) -> None:
    seen = records[-1]
    if isinstance(seen, Monitored) and seen.entry is not None:
        markdown(run.use_case.name, "labels", report.decision_markdown(seen))


def _moment(run: Run) -> dict[str, str]:
    return {"as of": run.moment.as_of.isoformat()}  # the age of data is that of the run


_READ = ("task", "data", "contract", "expectations", "monitor", "train")


@stage(Window, say=_say_window, sections=_READ, also=_moment, artifact=_show)
def watch(run: Run, extracted: Extracted, gathered: Gathered, champion: Seat, held_against: Referenced) -> Window:
    """Hold a window against the time that the champion was made from."""
    reference = str(held_against.reference)
    return monitoring.watch(run.store, run.use_case, extracted, gathered, run.moment, champion, reference)


def _decided(record: Monitored) -> str:
    return monitoring.in_words(record.decision)


@stage(Monitored, say=_decided, sections=("retrain",), keep=_never, retries=3, artifact=_show_decision)
def decide(run: Run, window: Window) -> Monitored:
    """Decide whether to retrain, and write down what was seen and decided."""
    return _noted(run, window, late=False)


@stage(Monitored, say=_decided, sections=("retrain",), keep=_never, retries=3, artifact=_show_late)
def fill(run: Run, window: Window) -> Monitored:
    """Write down what has become known of an earlier window, if it is more than before, and decide by that."""
    return _noted(run, window, late=True)


def _noted(run: Run, window: Window, *, late: bool) -> Monitored:
    found = monitoring.note(run.store, run.use_case, window, actor=run.actor, at=run.moment.started, late=late)
    return Monitored(
        use_case=run.use_case.name,
        as_of=run.moment.as_of,
        window=window,
        decision=found.decision,
        entry=found.entry,
        reason=monitoring.in_words(found.decision),
        track=found.track,
        lost=found.lost,
    )


def _shown(record: Monitored) -> str:
    return record.page or "nothing to show"


@stage(Monitored, say=_shown, keep=_never)
def draw(run: Run, seen: Monitored) -> Monitored:
    """Write the page of the window and of those that were looked at again, and that of the use case over time."""
    from keepfit.report.watching import performance_picture, render_watched

    looks = monitoring.looks_of(run.store, run.use_case.name)
    if seen.window is None or not looks:
        return seen
    late = tuple(structs.replace(each, page=_page(run, each)) for each in seen.late)
    page = _page(run, seen)
    overview = _published(run, f"watched-{seen.window.span.end:%Y-%m-%d}", render_watched(run.use_case.name, looks))
    if (drawn := performance_picture(run.use_case.name, looks)) is not None:
        picture(run.use_case.name, "performance", drawn, report.pages_markdown(page, overview))
    return structs.replace(seen, page=page, overview=overview, late=late)


def _page(run: Run, seen: Monitored) -> str:
    """The page of a window; the record has one."""
    from keepfit.report.watching import render_window

    assert seen.window is not None
    return _published(run, f"window-{seen.window.span.end:%Y-%m-%d}", render_window(seen))


def _published(run: Run, name: str, html: str) -> str:
    data = html.encode()
    key = f"{run.use_case.name}/reports/{name}-{sha256(data)[:12]}.html"
    publish(run.store, key, data)
    return f"{run.store.address}/{key}"


def ageless(run: Run) -> Run:
    """The run without a limit on the age of data: old data are a finding of the monitor, and stop nothing here."""
    case = run.use_case
    data = case.data.model_copy(update={"freshness": None})
    return structs.replace(run, loaded=replace(run.loaded, use_case=case.model_copy(update={"data": data})))
