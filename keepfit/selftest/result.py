"""Everything that was found, as one answer."""

from collections.abc import Sequence

from keepfit.records import FaultResult, GoodModel, Selftested
from keepfit.selftest.bench import Bench


def result_of(
    bench: Bench, models: Sequence[FaultResult], data: Sequence[FaultResult], good: GoodModel, *, strict: bool
) -> Selftested:
    """What a self-test answers; where it is ``strict``, what the YAML does not guard against is not right either."""
    faults = (*models, *data)
    unguarded = tuple(each.fault for each in faults if each.outcome == "not_guarded")
    passed = [each for each in faults if each.outcome == "passed"]
    return Selftested(
        ok=good.ok and not passed and not (strict and unguarded),
        use_case=bench.use_case.name,
        as_of=bench.moment.as_of,
        rows=bench.split.holdout,
        candidate=bench.trained.candidate,
        faults=faults,
        good=good,
        not_guarded=unguarded,
    )
