"""The deployments that a use case should have: pure, from its YAML to what Prefect's server is sent."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from keepfit import memo
from keepfit.config import Loaded, UseCase
from keepfit.records import digest_of

TAG = "keepfit"
SPEC = "keepfit.spec"  # the label that holds the digest of what was sent
OLDEST_LOOK, NEWEST_LOOK = timedelta(hours=1), timedelta(minutes=5)  # between two looks at an open rollout

_ABOUT = {
    "train": "Extract, validate, split, train, export, evaluate, measure, judge, register, and release on a pass.",
    "monitor": "Hold the newest window against the champion's reference, and write down whether to retrain.",
    "retrain": "Train where the ledger says that a retrain is due, else say why not. Whoever starts it only hints: "
    "doubled, late and forged requests find nothing due and change nothing.",
    "judge": "Judge the newest undecided challenger again, on labels that came since: one more look, which spends of "
    "the year's rate of false promotions.",
    "release": "Decide on the open shadow or canary from what servers have logged: promote, stop or wait.",
    "score": "Batch predictions of files by the champion, or by another version.",
}
_SHOWN = {
    "train": "data, metrics, verdict, release",
    "monitor": "the decision, the window, performance over time",
    "retrain": "whether one was due, the window, and of a training its verdict and release",
    "judge": "metrics and verdict",
    "release": "what the two versions answered, and what was decided",
    "score": "rows, bytes, what was refused and why",
}
_AS_OF = {
    "type": "string",
    "title": "as_of",
    "pattern": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?$",
    "description": "The moment the run pretends it is, such as 2013-04-01 or 2013-04-01T06:00-04:00, in the zone "
    "of the use case where it names none; the run's scheduled start where this is left empty.",
}
_WINDOW_END = {
    "type": "string",
    "title": "window_end",
    "description": "Given by an event: only a retrain that the ledger asks for at this end of a window is due, and it "
    "is as of the moment that it was asked for. Leave it empty to retrain whatever is due.",
}
_SCORE = {
    "input": {
        "type": "string",
        "title": "input",
        "description": "A file or a pattern of files on the worker: CSV, JSON Lines or Parquet, plain, .gz or .zip.",
    },
    "output": {"type": "string", "title": "output", "description": "The file to write, .parquet or .csv."},
    "version": {
        "type": "integer",
        "title": "version",
        "minimum": 1,
        "description": "The number of a version; the champion where this is left empty.",
    },
}
_OVERWRITE = {
    "type": "boolean",
    "title": "overwrite",
    "default": False,
    "description": "Replace an output that is there.",
}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment as it should be.

    ``body`` is what the server is sent but for the ids of the flow, the pool and the limit, which are its own;
    ``spec`` is the digest of it.
    """

    flow: str
    use_case: str
    spec: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """As Prefect shows it: ``train/flight_delay``."""
        return f"{self.flow}/{self.use_case}"


def owner_tag(store: str) -> str:
    """The tag of all that belongs to a store: other stores' deployments on the same server are left alone.

    >>> owner_tag("s3://models/team-a")
    'keepfit-store-4dd54acd'
    """
    return f"keepfit-store-{digest_of(store)[:8]}"


def wanted(loaded: Loaded, store: str) -> list[Wanted]:
    """The deployments of a use case, whose runs keep everything in ``store`` (an absolute address)."""
    return [_wanted(flow, loaded, store) for flow in flows_of(loaded.use_case)]


def flows_of(case: UseCase) -> list[str]:
    """Which flows make sense: there are no windows without an event time, and no rollouts where releases are direct."""
    timed = case.data.event_time is not None
    return [
        "train",
        *(["monitor", "retrain"] if timed else []),
        "judge",
        *(["release"] if case.release.strategy != "direct" else []),
        "score",
    ]


def _wanted(flow: str, loaded: Loaded, store: str) -> Wanted:
    case = loaded.use_case
    body = {
        "name": case.name,
        "version": version_of(loaded),
        "description": _description(flow, case),
        "tags": [TAG, case.name, owner_tag(store)],
        "entrypoint": f"flows.{flow}.{flow}",
        "pull_steps": [],
        "parameters": {"use_case": case.name, "store": store},
        "parameter_openapi_schema": _schema(flow, case.name, store),
        "enforce_parameter_schema": True,
        "schedules": [{"schedule": each, "active": True} for each in _schedules(flow, case)],
        "concurrency_options": {"collision_strategy": "ENQUEUE"},
    }
    return Wanted(flow=flow, use_case=case.name, spec=digest_of(body), body=body)


def version_of(loaded: Loaded) -> str:
    """Of what runs are made: the YAML, our code, the libraries; each by the beginning of its digest."""
    return ".".join(each[:8] for each in (loaded.digest, memo.code_digest(), memo.requirements_digest()))


def _schedules(flow: str, case: UseCase) -> Iterator[dict[str, Any]]:
    if flow == "monitor":  # counted from 1970, as windows are: a run starts when its window ends
        yield _interval(case.monitor.every)
    elif flow == "train" and case.retrain.schedule is not None:
        yield {"cron": case.retrain.schedule, "timezone": case.data.timezone}
    elif flow == "release":
        asked = case.release.for_ / 24
        yield _interval(min(max(asked, NEWEST_LOOK), OLDEST_LOOK))


def _interval(every: timedelta) -> dict[str, Any]:
    return {"interval": every.total_seconds(), "anchor_date": "1970-01-01T00:00:00Z", "timezone": "UTC"}


def _schema(flow: str, use_case: str, store: str) -> dict[str, Any]:
    """What Prefect makes the form of; the server refuses what does not fit, whoever sends it."""
    given: dict[str, Any] = {"use_case": _only(use_case, "use_case", "The use case of this deployment.")}
    if flow == "score":
        given |= _SCORE
    given["as_of"] = _AS_OF
    if flow == "retrain":
        given["window_end"] = _WINDOW_END
    given["store"] = _only(store, "store", "Where its versions and its ledger are.")
    if flow == "score":
        given["overwrite"] = _OVERWRITE
    placed = {name: {**field, "position": place} for place, (name, field) in enumerate(given.items())}
    required = ["use_case", *(("input", "output") if flow == "score" else ())]
    return {"title": "Parameters", "type": "object", "properties": placed, "required": required}


def _only(value: str, title: str, description: str) -> dict[str, Any]:
    """A drop-down with one choice: runs of a deployment are about its own use case and store."""
    return {"type": "string", "enum": [value], "default": value, "title": title, "description": description}


def _description(flow: str, case: UseCase) -> str:
    """Markdown, at the head of the deployment's page."""
    lines = [
        f"**{_plain(case.description)}**",
        "",
        _ABOUT[flow],
        "",
        f"| owner | {_plain(case.owner)} |",
        "|---|---|",
        f"| risk | {case.risk} |",
        f"| task | {case.task} |",
        f"| release | {case.release.strategy} |",
    ]
    if flow in {"monitor", "retrain"}:
        lines += [
            f"| window | {_days(case.monitor.window)} |",
            f"| looked at | every {_days(case.monitor.every).removeprefix('1 ')} |",
            f"| retrain when | {case.retrain.when.count} of {case.retrain.when.windows} windows alarm of "
            f"{', '.join(each.replace('_', ' ') for each in case.retrain.on) or 'nothing'} |",
        ]
    told = f"What came of a run is in its tab *Artifacts*: {_SHOWN[flow]}."
    return "\n".join([*lines, "", told, "", f"From `configs/{case.name}.yaml`, by `keepfit deploy`."])


def _days(span: timedelta) -> str:
    return "1 day" if span.days == 1 else f"{span.days} days"


def _plain(text: str) -> str:
    r"""Text of a person as one line of a Markdown table.

    >>> _plain("late |\n<b>or</b> not?")
    'late \\| &lt;b>or&lt;/b> not?'
    """
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
