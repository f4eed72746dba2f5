"""The bad models that are planted: each is a few words, what should catch it, and a function that makes its answers."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from keepfit.config import default_metric
from keepfit.config.features import inputs_of
from keepfit.config.gate_values import ShareOfGain
from keepfit.config.gates import NotWorseThan
from keepfit.config.model import UseCase
from keepfit.config.standard import MARGIN
from keepfit.evaluate.score import Bools
from keepfit.evaluate.slices import Groups, by_level
from keepfit.records import GateResult, Split
from keepfit.selftest import spoil
from keepfit.selftest.bench import Bench, Floats
from keepfit.selftest.fitted import LEAK, LEARNT, by_heart, with_answer
from keepfit.selftest.gauge import weight_of_margin
from keepfit.selftest.world import World

LEAST_ROWS = 30
FAIR_SHARE = 0.05


class Plant(NamedTuple):
    """What is judged: answers, beside the champion of the world or another one, of this split or another one."""

    candidate: Floats
    champion: Floats | None = None
    split: Split | None = None


class ModelFault(NamedTuple):
    """A bad model.

    ``own`` tells the gates that are there to catch it, ``advice`` what to write where there are none; ``rate`` is how
    often they may let it through: never, or as often as their confidence says where it is bad by no more than they ask.
    """

    name: str
    planted: str
    expected: str
    own: Callable[[GateResult], bool]
    advice: str
    plant: Callable[[World, np.random.Generator], Plant] | None
    rate: float = 0.0


def model_faults(bench: Bench) -> Iterator[ModelFault]:
    """Every bad model of a use case; those that cannot be made have no ``plant`` and say why in ``planted``."""
    usual, metric = np.asarray(bench.naive.values), metric_of(bench.use_case)
    learnt, leaking = by_heart(bench), with_answer(bench)
    naive = "better_than naive"
    yield ModelFault(
        "constant",
        "the training mean for every row" if bench.right.ndim == 1 else "class shares for every row",
        naive,
        _says(naive),
        "",
        lambda here, _rng: Plant(spoil.constant(here.good, usual)),
    )
    yield ModelFault(
        "random",
        "every row gets the answer of another one",
        naive,
        _says(naive),
        "",
        lambda here, rng: Plant(spoil.shuffled(here.good, rng)),
    )
    yield ModelFault(
        "leaking",
        f"a feature `{LEAK}` is the label; answers know it",
        "leakage",
        _says("leakage"),
        "",
        lambda here, _rng: Plant(spoil.knowing(here.labels, here.good), split=leaking),
    )
    yield ModelFault(
        "not_a_number",
        "one answer of all is NaN",
        "every gate on a metric",
        _is_metric,
        "",
        lambda here, _rng: Plant(spoil.one_is_no_number(here.good)),
    )
    yield _overconfident(bench)
    yield _bad_slice(bench)
    yield ModelFault(
        "over_fitted",
        f"a tree that knows {min(LEARNT, bench.split.train // 2)} rows by heart",
        naive,
        _says(naive),
        "",
        lambda _here, _rng: Plant(learnt),
    )
    yield ModelFault(
        "copy_of_champion",
        "the champion's answers, as if they were new",
        "better_than champion; else it may pass and counts as no better",
        _says("better_than champion"),
        f"add {{metric: {metric}, better_than: champion}}, or not_worse_than",
        lambda here, _rng: Plant(here.champion),
    )
    yield _slightly_worse(bench)


def _overconfident(bench: Bench) -> ModelFault:
    values = bench.right.ndim == 1
    metric = metric_of(bench.use_case)
    return ModelFault(
        "overconfident",
        f"answers {spoil.STRETCHED:g} times as far from their mean"
        if values
        else f"log-odds times {spoil.TIMES:g}: the order of rows stays",
        "an error of values" if values else "calibration",
        _is_metric if values else _says("calibration"),
        f"add {{metric: {metric}, not_worse_than: champion, margin: 20% of naive gain}}"
        if values
        else "add {calibration: 0.1}",
        lambda here, _rng: Plant(spoil.overconfident(here.good)),
    )


def _bad_slice(bench: Bench) -> ModelFault:
    groups = _groups(bench)
    expected = "a gate `by` a column"
    if groups is None:
        why = "no column has two groups of enough rows"
        advice = "name a column in `protected`, with bands if it is a number, and gate it: `by: COLUMN`"
        return ModelFault("bad_slice", why, expected, _is_metric, advice, None)
    name, among = _smallest(groups)
    metric, by = metric_of(bench.use_case), groups.by

    def own(result: GateResult) -> bool:
        return result.by == by and (result.group is None or name in result.group.split(", "))

    return ModelFault(
        "bad_slice",
        f"answers shuffled where {by} is {name} ({int(among.sum()):,} of {among.size:,} rows)",
        expected,
        own,
        f"add {{metric: {metric}, better_than: naive, by: {by}}}",
        lambda here, rng: Plant(spoil.shuffled_within(here.good, among, rng)),
        1.0 - bench.use_case.confidence,
    )


def _slightly_worse(bench: Bench) -> ModelFault:
    metric = metric_of(bench.use_case)
    gates = [gate for gate in bench.use_case.gates if isinstance(gate, NotWorseThan) and gate.by is None]
    gate = gates[0] if gates else _usual(metric)
    weight = weight_of_margin(bench, gate)
    own = _says("not_worse_than champion")
    if weight is None:
        why = f"the margin of {gate.metric} is more than even shuffled answers lose"
        return ModelFault("slightly_worse", why, "not_worse_than champion", own, "make the margin smaller", None)

    def plant(here: World, rng: np.random.Generator) -> Plant:
        return Plant(spoil.mixed(here.good, spoil.shuffled(here.good, rng), weight))

    return ModelFault(
        "slightly_worse",
        f"{weight:.1%} of another row's answer mixed in: worse by the margin",
        "not_worse_than champion",
        own,
        f"add {{metric: {metric}, not_worse_than: champion, margin: 20% of naive gain}}",
        plant,
        1.0 - bench.beside,
    )


def _usual(metric: str) -> NotWorseThan:
    return NotWorseThan(metric=metric, not_worse_than="champion", margin=ShareOfGain(of_naive_gain=MARGIN))


def metric_of(use_case: UseCase) -> str:
    """The metric that training optimizes."""
    return use_case.train.optimize or default_metric(use_case.task)


def _says(words: str) -> Callable[[GateResult], bool]:
    return lambda result: words in result.gate and result.by is None


def _is_metric(result: GateResult) -> bool:
    return any(word in result.gate for word in ("at_least", "at_most", "_than", "calibration", "ratio", "difference"))


def _groups(bench: Bench) -> Groups | None:
    """The groups that a gate is about, else those of a protected column, else of the first category."""
    gated = [by for gate in bench.use_case.gates if (by := getattr(gate, "by", None))]
    known = {each.by: each for each in bench.rows.groups}
    found = [known[by] for by in gated if by in known] + list(known.values())
    found += list(_of_categories(bench))
    return next((each for each in found if len(_fair(each)) > 1), None)


def _of_categories(bench: Bench) -> Iterator[Groups]:
    from keepfit.features import from_table

    use_case = bench.use_case
    for name in inputs_of(use_case.features):
        if use_case.features.get(name) == ("category",):
            yield by_level(name, *from_table(bench.rows.table, {name: "category"})[name])


def _fair(groups: Groups) -> list[int]:
    """The groups that are large enough to be judged."""
    sizes = np.bincount(groups.codes, minlength=len(groups.names))
    return [code for code, size in enumerate(sizes) if size >= max(LEAST_ROWS, FAIR_SHARE * len(groups.codes))]


def _smallest(groups: Groups) -> tuple[str, Bools]:
    """The smallest of them, and its rows (n,): what is wrong with it moves the average least."""
    sizes = np.bincount(groups.codes, minlength=len(groups.names))
    code = min(_fair(groups), key=lambda each: int(sizes[each]))
    return groups.names[code], groups.codes == code
