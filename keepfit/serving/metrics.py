"""What the server counts, for Prometheus; in a registry of its own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Counters, gauges and one histogram; label values come from the command line and from status codes only."""

    def __init__(self, use_cases: tuple[str, ...]) -> None:
        own = self._registry = CollectorRegistry()
        case = ("use_case",)
        self._requests = Counter(
            "keepfit_requests", "Requests for predictions, by status", ("use_case", "status"), registry=own
        )
        self._predictions = Counter("keepfit_predictions", "Records answered", case, registry=own)
        self._warned = Counter("keepfit_predictions_warned", "Records answered with a warning", case, registry=own)
        self._seconds = Histogram(
            "keepfit_request_seconds", "From a request to its answer", case, registry=own, buckets=_SECONDS
        )
        self._version = Gauge("keepfit_serving_version", "The version that answers; 0: none", case, registry=own)
        self._swaps = Counter("keepfit_swaps", "Versions that have taken their place", case, registry=own)
        self._refused = Counter("keepfit_refused_versions", "Champions that could not be verified", case, registry=own)
        self._unreachable = Counter("keepfit_ledger_unreachable", "Looks at the ledger that failed", case, registry=own)
        self._challenger = Counter(
            "keepfit_challenger_predictions", "Records asked of a challenger", ("use_case", "outcome"), registry=own
        )
        self._rollout = Gauge(
            "keepfit_rollout_version", "The challenger that answers beside the champion; 0: none", case, registry=own
        )
        self._stopped = Gauge(
            "keepfit_rollout_stopped_here", "1: stopped here, and the ledger could not be told", case, registry=own
        )
        self._shed = Counter("keepfit_shed", "Requests refused because too many were waiting", registry=own)
        self._by_case = {name: (self._predictions.labels(name), self._warned.labels(name), self._seconds.labels(name))
                         for name in use_cases}  # fmt: skip
        self._good = {name: self._requests.labels(name, "200") for name in use_cases}
        for name in use_cases:
            for each in (self._version, self._swaps, self._refused, self._unreachable, self._rollout, self._stopped):
                each.labels(name)
            for outcome in ("answered", "failed", "dropped"):
                self._challenger.labels(name, outcome)

    def answered(self, use_case: str, records: int, warned: int, seconds: float) -> None:
        """A request was answered."""
        predictions, odd, histogram = self._by_case[use_case]
        self._good[use_case].inc()
        predictions.inc(records)
        if warned:
            odd.inc(warned)
        histogram.observe(seconds)

    def failed(self, use_case: str, status: int) -> None:
        """A request for predictions was not answered."""
        self._requests.labels(use_case, str(status)).inc()

    def shed(self) -> None:
        """Too many requests were waiting."""
        self._shed.inc()

    def swapped(self, use_case: str, version: int) -> None:
        """A version has taken its place."""
        self._swaps.labels(use_case).inc()
        self._version.labels(use_case).set(version)

    def resting(self, use_case: str) -> None:
        """No version answers (any more)."""
        self._version.labels(use_case).set(0)

    def refused(self, use_case: str) -> None:
        """A champion could not be verified."""
        self._refused.labels(use_case).inc()

    def unreachable(self, use_case: str) -> None:
        """The store did not say what is newest."""
        self._unreachable.labels(use_case).inc()

    def challenged(self, use_case: str, outcome: str, records: int) -> None:
        """A challenger has answered, failed to, or was not asked."""
        self._challenger.labels(use_case, outcome).inc(records)

    def rolling(self, use_case: str, version: int, *, stopped: bool) -> None:
        """A challenger is on trial, or none is."""
        self._rollout.labels(use_case).set(version)
        self._stopped.labels(use_case).set(stopped)

    def page(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
