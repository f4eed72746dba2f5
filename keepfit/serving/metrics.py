"""What the server counts, for Prometheus: any worker tells the sum over all of them."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from keepfit.serving.cells import Cells

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from keepfit.serving.log.writer import State

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_HISTOGRAM = len(_SECONDS) + 2  # cells: those within each limit, those above all, the sum
_OTHER = "other"
_STATUSES = ("200", "400", "401", "403", "404", "405", "408", "410", "413", "415", "422", "431", "500", "503", "504",
             _OTHER)  # fmt: skip


class Family(NamedTuple):
    """Series of one name: one for each use case (or one for the server), times the values of one more label.

    ``each``: a gauge of which every worker tells its own.
    """

    name: str
    about: str
    kind: str = "counter"
    of_case: bool = True
    label: str = ""
    values: Sequence[str] = ("",)
    each: bool = False


_FAMILIES = (
    Family("requests", "Requests for predictions, by status", label="status",
           values=_STATUSES),
    Family("predictions", "Records answered"),
    Family("predictions_warned", "Records answered with a warning"),
    Family("explained", "Records answered with reasons"),
    Family("explain_seconds", "Seconds in which reasons were made"),
    Family("serving_version", "The version that answers, by worker; 0: none", "gauge", each=True),
    Family("swaps", "Versions that have taken their place"),
    Family("refused_versions", "Champions that could not be verified"),
    Family("ledger_unreachable", "Looks at the ledger that failed"),
    Family("challenger_predictions", "Records asked of a challenger beside the champion, by what came of it",
           label="outcome", values=("answered", "failed", "dropped", "unlogged")),
    Family("rollout_version", "The challenger that is asked beside the champion, by worker; 0: none", "gauge",
           each=True),
    Family("rollout_stopped_here", "Workers that stopped a rollout and could not tell the ledger", "gauge"),
    Family("log_written", "Records of the prediction log that are on the disk"),
    Family("log_failed", "Records that could not be logged, with their caller told"),
    Family("log_refused", "Records that were not taken because too many waited for the disk"),
    Family("log_shipped", "Records that have come to the store"),
    Family("log_killed", "Workers that were killed and may have lost what they had not yet written"),
    Family("log_torn_bytes", "Bytes of writes that a crash cut off"),
    Family("log_waiting_bytes", "Bytes that wait for the disk", "gauge"),
    Family("log_segments", "Closed files that wait for the store", "gauge"),
    Family("log_trouble", "Workers whose prediction log is in trouble", "gauge"),
    Family("shed", "Requests refused because too many were waiting", of_case=False),
    Family("malformed", "Requests that are no HTTP, too slow or too large a head, by status", of_case=False,
           label="status", values=("400", "408", "431")),
    Family("waiting", "Requests that are being answered", "gauge", of_case=False),
    Family("connections", "Connections that are open", "gauge", of_case=False),
    Family("worker_seen_seconds", "When each worker was last awake, as Unix time", "gauge", of_case=False, each=True),
    Family("worker_restarts", "Workers that were started again after they had died", of_case=False),
)  # fmt: skip
ROLES = ("champion", "challenger", "shadow")
_LOG_COUNTS = ("written", "failed", "refused", "shipped", "killed", "torn_bytes")
Key = tuple[str, str, str]


def _keys(use_cases: Sequence[str]) -> Iterator[tuple[Family, Key]]:
    for family in _FAMILIES:
        for name in use_cases if family.of_case else ("",):
            for value in family.values:
                yield family, (family.name, name, value)


def width(use_cases: Sequence[str]) -> int:
    """How many cells a row has."""
    return sum(1 for _ in _keys(use_cases)) + len(use_cases) * len(ROLES) * _HISTOGRAM


class Metrics:
    """Counters, gauges and one histogram by role; label values come from the command line and from status codes only.

    A cell is written by one thread: those of requests by the loop, those of a use case's ledger by its follower, those
    of a shadow by its own.
    """

    def __init__(self, use_cases: Sequence[str], cells: Cells | None = None) -> None:
        self._cells = cells or Cells.alone(width(use_cases))
        self._own, self._use_cases = self._cells.own, tuple(use_cases)
        keys = list(_keys(use_cases))
        self._at = {key: place for place, (_, key) in enumerate(keys)}
        cases = [(name, role) for name in use_cases for role in ROLES]
        self._buckets = {case: len(keys) + place * _HISTOGRAM for place, case in enumerate(cases)}
        self._good = {name: (self._at["requests", name, "200"], self._at["predictions", name, ""],
                             self._at["predictions_warned", name, ""])
                      for name in use_cases}  # fmt: skip
        for family, key in keys:
            if family.kind == "gauge":  # what an earlier process in this row had
                self._own[self._at[key]] = 0.0
        self._before = list(self._own)

    def answered(self, use_case: str, records: int, warned: int, seconds: float, role: str = "champion") -> None:
        """A request was answered."""
        own, (good, predictions, odd) = self._own, self._good[use_case]
        own[good] += 1
        own[predictions] += records
        if warned:
            own[odd] += warned
        self.took(use_case, role, seconds)

    def took(self, use_case: str, role: str, seconds: float) -> None:
        """So long after it came, a request had an answer, or would have had one: nobody waits for a shadow."""
        own, first = self._own, self._buckets[use_case, role]
        own[first + bisect_left(_SECONDS, seconds)] += 1
        own[first + len(_SECONDS) + 1] += seconds

    def failed(self, use_case: str, status: int) -> None:
        """A request for predictions was not answered."""
        said = str(status)
        self.add("requests", use_case, said if said in _STATUSES else _OTHER)

    def shed(self, use_case: str | None = None) -> None:
        """Too many requests were waiting; this one was for predictions of a use case, or not."""
        self.add("shed")
        if use_case is not None:
            self.failed(use_case, 503)

    def malformed(self, status: int) -> None:
        """A request was none."""
        self.add("malformed", "", str(status))

    def swapped(self, use_case: str, version: int) -> None:
        """A version has taken its place."""
        self.add("swaps", use_case)
        self.put("serving_version", version, use_case)

    def resting(self, use_case: str) -> None:
        """No version answers (any more)."""
        self.put("serving_version", 0, use_case)

    def refused(self, use_case: str) -> None:
        """A champion could not be verified."""
        self.add("refused_versions", use_case)

    def unreachable(self, use_case: str) -> None:
        """The store did not say what is newest."""
        self.add("ledger_unreachable", use_case)

    def log(self, use_case: str, state: "State") -> None:
        """What the prediction log of this worker says now."""
        for name in _LOG_COUNTS:
            at = self._at[f"log_{name}", use_case, ""]
            self._own[at] = self._before[at] + getattr(state, name)
        self.put("log_waiting_bytes", state.waiting_bytes, use_case)
        self.put("log_segments", state.segments, use_case)
        self.put("log_trouble", bool(state.problem), use_case)

    def add(self, family: str, use_case: str = "", value: str = "", count: float = 1) -> None:
        """Count something."""
        self._own[self._at[family, use_case, value]] += count

    def put(self, family: str, now: float, use_case: str = "") -> None:
        """Set a gauge."""
        self._own[self._at[family, use_case, ""]] = now

    def collect(self) -> "Iterator[Metric]":
        """All families, as Prometheus' client knows them."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        kinds: dict[str, Callable[..., CounterMetricFamily | GaugeMetricFamily]]
        kinds = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}
        for family in _FAMILIES:
            case, label = ["use_case"] * family.of_case, [family.label] if family.label else ["worker"] * family.each
            made = kinds[family.kind](f"keepfit_{family.name}", family.about, labels=[*case, *label])
            for labels, value in self._series(family):
                made.add_metric(labels, value)
            yield made
        yield self._histogram()

    def _series(self, family: Family) -> Iterator[tuple[list[str], float]]:
        for name in self._use_cases if family.of_case else ("",):
            for value in family.values:
                at = self._at[family.name, name, value]
                labels = [each for each in (name, value) if each]
                if family.each:
                    yield from (([*labels, str(row)], each) for row, each in enumerate(self._cells.of_each(at)))
                elif (total := self._cells.total(at)) or value in {"", "200"}:
                    yield labels, total

    def _histogram(self) -> "Metric":
        from prometheus_client.core import HistogramMetricFamily

        made = HistogramMetricFamily("keepfit_request_seconds", "From a request to its answer, by who answered",
                                      labels=["use_case", "role"])  # fmt: skip
        for (name, role), start in self._buckets.items():
            count, buckets = 0.0, []
            for place, limit in enumerate((*_SECONDS, float("inf"))):
                count += self._cells.total(start + place)
                buckets.append((str(limit) if limit < float("inf") else "+Inf", count))
            if count or role == ROLES[0]:
                made.add_metric([name, role], buckets, self._cells.total(start + len(_SECONDS) + 1))
        return made

    def challenged(self, use_case: str, outcome: str, records: int) -> None:
        """A challenger has answered, failed to, or was not asked."""
        self.add("challenger_predictions", use_case, outcome, records)

    def rolling(self, use_case: str, version: int, *, stopped: bool) -> None:
        """A challenger is on trial, or none is."""
        self.put("rollout_version", version, use_case)
        self.put("rollout_stopped_here", stopped, use_case)

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        from prometheus_client import generate_latest

        return generate_latest(self)  # it asks a registry for nothing but `collect`
