"""Sides: which words of `split` go together, and who an entity can be."""

from collections.abc import Iterator
from datetime import timedelta

from keepfit.config.document import Finding
from keepfit.config.model import UseCase
from keepfit.config.suggest import did_you_mean, listed


def holdout_fits_the_split(use_case: UseCase) -> Iterator[Finding]:
    """By time the holdout is a stretch of time, by key a share of the keys."""
    split = use_case.split
    path = ("split", "holdout")
    if split.by == "time" and not isinstance(split.holdout, timedelta):
        yield Finding(path, "`split.holdout` is a share and `split.by` is time", "a duration, such as 28d")
    if split.by == "key" and isinstance(split.holdout, timedelta):
        yield Finding(path, "`split.holdout` is a duration and `split.by` is key", "a share, such as 20%")
    if isinstance(split.holdout, float) and not 0 < split.holdout < 1:
        yield Finding(path, "`split.holdout` leaves nothing on one side", "more than 0% and less than 100%")


def words_fit_the_rule(use_case: UseCase) -> Iterator[Finding]:
    """A gap is of time; the share of every class can be held by a hash alone, and of keys, not of entities."""
    split = use_case.split
    if split.gap and split.by == "key" and use_case.data.event_time is not None:
        yield Finding(("split", "gap"), "`split.gap` is a time and `split.by` is key", do="leave `gap` out")
    if not split.stratify:
        return
    against = {
        "`split.by` is time, where the newest rows judge, whatever their classes": split.by == "time",
        "`task: regression` has no classes": use_case.task == "regression",
        "rows of one entity (`split.entity`) may be of several classes": bool(split.entity),
    }
    for why in (why for why, is_so in against.items() if is_so):
        yield Finding(("split", "stratify"), f"`split.stratify` cannot hold: {why}", do="leave `stratify` out")


def entity_is_there(use_case: UseCase) -> Iterator[Finding]:
    """An entity is named by columns that every row has, and that are neither the label nor the moment."""
    data, rules = use_case.data, use_case.contract.columns
    always = {*data.key, *filter(None, [data.event_time])}
    known = [*dict.fromkeys([*data.key, *rules])]
    for index, name in enumerate(use_case.split.entity):
        path = ("split", "entity", index) if len(use_case.split.entity) > 1 else ("split", "entity")
        if name in {data.label.column, data.event_time}:
            word = "data.label.column" if name == data.label.column else "data.event_time"
            yield Finding(path, f"`{name}` is `{word}`, which names no entity", "columns that say whom a row is about")
        elif name not in known:
            do = did_you_mean(name, known) or f"declare `{name}` in `contract.columns`"
            yield Finding(path, f"`{name}` is not declared in `contract.columns`", f"one of {listed(known)}", do=do)
        elif name not in always and rules[name].nullable:
            what = f"`{name}` may be missing (`nullable`), and then nobody knows whose row it is"
            yield Finding(path, what, "a column that every row has", do="take out `nullable`")
        elif name in use_case.split.entity[:index]:
            yield Finding(path, f"`split.entity` names the column `{name}` twice", do="name it once")
