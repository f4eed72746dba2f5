"""What all stages have in common: a Prefect task around a remembered call.

Prefect shows and retries; the stage memo in the store decides what has to run. So an unchanged run computes nothing,
and a killed one continues where it was, whatever Prefect remembers of it.
"""

import functools
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, Concatenate, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from keepfit import data, memo
from keepfit.errors import Denied, InfrastructureError
from keepfit.records import Record, digest_of
from keepfit.report.wording import visible
from tasks.artifacts import log
from tasks.run import Run
from tasks.watching import watcher

P = ParamSpec("P")
R = TypeVar("R", bound=Record)

Body = Callable[Concatenate[Run, P], R]


def _nothing(_run: Run) -> Mapping[str, str]:
    return {}


def _always(_run: Run, _record: Any) -> bool:
    return True


def _no_artifact(_run: Run, *_records: Any) -> None:
    return None


def stage(
    kind: type[R],
    *,
    say: Callable[[R], str],
    sections: tuple[str, ...] = (),
    also: Callable[[Run], Mapping[str, str]] = _nothing,
    keep: Callable[[Run, R], bool] = _always,
    artifact: Callable[..., object] = _no_artifact,
    retries: int = 0,
) -> Callable[[Body[P, R]], Task[Concatenate[Run, P], R]]:
    """Make a stage of a function from a run and records to a record of ``kind``.

    Parameters
    ----------
    say : the record in half a sentence, for the progress display.
    sections : the parts of the YAML that the result depends on.
    also : whatever else it depends on, beside the records that it is given.
    keep : whether the record may be remembered.
    artifact : shows a run, the stage's inputs and its record on Prefect's pages.
    retries : how often Prefect tries again when disk, network or a server failed; nothing else is tried again.
    """

    def decorate(body: Body[P, R]) -> Task[Concatenate[Run, P], R]:
        name = body.__name__

        @functools.wraps(body)
        def staged(run: Run, *args: P.args, **kwargs: P.kwargs) -> R:
            ran = []

            def call() -> R:
                ran.append(name)
                record = body(run, *args, **kwargs)
                data.give_back()
                return record

            with _Told(name) as tell:
                given = {f"input {place}": digest_of(record) for place, record in enumerate(args)}
                inputs = {**run.sections(*sections), **also(run), **given}
                record = memo.remembered(
                    run.store, run.use_case.name, name, inputs, kind, call, functools.partial(keep, run)
                )
                artifact(run, *args, record)
                tell(say(record), remembered=not ran)
            return record

        return task(
            name=name,
            retries=retries,
            retry_delay_seconds=[2.0 * 3**turn for turn in range(retries)] or None,
            retry_jitter_factor=0.5 if retries else None,
            retry_condition_fn=_may_help if retries else None,
            persist_result=False,
            cache_policy=NO_CACHE,
        )(staged)

    return decorate


def _may_help(_task: Any, _run: Any, state: Any) -> bool:
    """Trying again helps against disk, network and servers; what is bad stays bad, and denied stays denied."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, InfrastructureError) and not isinstance(error, Denied)


class _Told:
    """Tell the watcher when a stage starts, ends and fails."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start = perf_counter()

    def __enter__(self) -> Callable[..., None]:
        watcher().started(self._name)
        return self._finished

    def _finished(self, note: str, *, remembered: bool) -> None:
        log(f"{visible(note)} (as before: nothing was computed again)" if remembered else visible(note))
        watcher().finished(self._name, perf_counter() - self._start, note, remembered=remembered)

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            watcher().failed(self._name, error)
