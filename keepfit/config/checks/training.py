"""Candidates, their settings and the metric that chooses."""

from collections.abc import Iterator

from keepfit.config.candidates import CANDIDATES, Limits, Setting
from keepfit.config.document import Finding, Path
from keepfit.config.metrics import METRICS
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed
from keepfit.config.train import Choice, Decide, Range


def candidates_fit_the_task(use_case: UseCase) -> Iterator[Finding]:
    """Each candidate can learn the task, and competes once."""
    seen: set[str] = set()
    for index, candidate in enumerate(use_case.train.candidates):
        path: Path = ("train", "candidates", index)
        if use_case.task not in CANDIDATES[candidate.name].tasks:
            what = f"the candidate `{candidate.name}` cannot learn `task: {use_case.task}`"
            fitting = [name for name, kind in CANDIDATES.items() if use_case.task in kind.tasks]
            yield Finding(path, what, f"one of {listed(fitting)}", f"`{candidate.name}`")
        if candidate.name in seen:
            what = f"the candidate `{candidate.name}` stands twice"
            yield Finding(
                path, what, "each candidate once", f"`{candidate.name}`", "put the two search spaces together"
            )
        seen.add(candidate.name)


def settings_are_within_limits(use_case: UseCase) -> Iterator[Finding]:
    """Each setting is one that the estimator has, and every value that may be tried is allowed."""
    for index, candidate in enumerate(use_case.train.candidates):
        known = CANDIDATES[candidate.name].settings
        for name, space in candidate.space.items():
            path: Path = ("train", "candidates", index, candidate.name, name)
            if name not in known:
                what = f"`{candidate.name}` has no setting `{name}`"
                yield Finding(path, what, f"one of {listed(known)}", f"`{name}`", did_you_mean(name, known))
            elif isinstance(space, Range):
                yield from _range_findings(path, name, space, known[name])
            else:
                yield from _value_findings(path, name, space, known[name])


def _range_findings(path: Path, name: str, space: Range, limits: Limits) -> Iterator[Finding]:
    found = f"from {space.low:g} to {space.high:g}"
    if space.low >= space.high:
        yield Finding(
            path, f"the range of `{name}` is empty: its low end is not below its high end", "[low, high]", found
        )
    elif limits.whole and not space.whole:
        yield Finding(path, f"`{name}` takes whole numbers", "both ends written as whole numbers", found)
    elif not limits.ranged or not (limits.allows(space.low) and limits.allows(space.high)):
        yield Finding(path, f"the range of `{name}` goes beyond what the estimator takes", str(limits), found)
    if space.log and space.low <= 0:
        yield Finding(path, f"the range of `{name}` is logarithmic and does not begin above zero", "low above 0", found)


def _value_findings(path: Path, name: str, space: Choice | Setting, limits: Limits) -> Iterator[Finding]:
    values = space.choice if isinstance(space, Choice) else (space,)
    if any(not limits.allows(value) for value in values):
        yield Finding(path, f"`{name}` cannot be set to this", str(limits), listed(map(str, values)))
    if any(values.index(value) != place for place, value in enumerate(values)):
        yield Finding(path, f"a value of `{name}` stands twice", "each value once", listed(map(str, values)))


def class_weights_fit_the_task(use_case: UseCase) -> Iterator[Finding]:
    """Rows of a class can be weighed where there are classes, by candidates that can weigh rows."""
    rules = use_case.train
    regression = use_case.task == "regression"
    if rules.class_weight == "balanced" and regression:
        yield Finding(("train", "class_weight"), "a regression has no classes", "`none`", "`balanced`")
    for index, candidate in enumerate(rules.candidates):
        path: Path = ("train", "candidates", index)
        known = "class_weight" in CANDIDATES[candidate.name].settings
        if regression and "class_weight" in candidate.space:
            yield Finding((*path, candidate.name, "class_weight"), "a regression has no classes")
        if rules.class_weight == "balanced" and not known and not regression:
            what = f"the candidate `{candidate.name}` cannot weigh rows, which `class_weight: balanced` asks for"
            yield Finding(path, what, do="leave out the candidate, or `class_weight`")


def decision_is_one_rule(use_case: UseCase) -> Iterator[Finding]:
    """A threshold is for two classes, and one rule chooses it."""
    decide = use_case.train.decide
    if decide is None:
        return
    path: Path = ("train", "decide")
    if use_case.task != "binary":
        what = f"a threshold decides between two classes, and this is `task: {use_case.task}`"
        yield Finding(path, what, do="leave it out")
    said = [name for name in Decide.model_fields if getattr(decide, name) is not None]
    if len(said) != 1:
        yield Finding(path, "a decision has one rule", f"one of {listed(Decide.model_fields)}", listed(said) or "none")
    cost = decide.cost
    if cost is not None and not cost.false_positive + cost.false_negative:
        yield Finding((*path, "cost"), "errors that cost nothing decide nothing", "one of the two above 0", "0 and 0")


def optimize_is_a_metric(use_case: UseCase) -> Iterator[Finding]:
    """Candidates are compared by a metric of the task."""
    name = use_case.train.optimize
    if name is not None:
        yield from metric_fits(("train", "optimize"), name, use_case)


def metric_fits(path: Path, name: str, use_case: UseCase) -> Iterator[Finding]:
    """The metric exists, and says something about the task."""
    fitting = [metric.name for metric in METRICS.values() if use_case.task in metric.tasks]
    if name not in METRICS:
        yield Finding(path, "no such metric", f"one of {listed(fitting)}", do=did_you_mean(name, METRICS))
    elif name not in fitting:
        yield Finding(path, f"the metric {name} does not fit `task: {use_case.task}`", f"one of {listed(fitting)}")
