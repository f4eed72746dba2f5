"""What is learnt from training rows to make a matrix, and the matrix.

Two encodings, because estimators differ: ``codes`` for trees (categories as whole numbers, missing and unseen ones as
NaN, which trees handle) and ``dense`` for linear models (numbers centred on their median and scaled, missing ones
filled and flagged; a column for every category and calendar value).
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from keepfit.features.calendar import SPANS, CalendarFeature
from keepfit.features.categories import MOST_LEVELS, CategoryFeature, HashedFeature, fit_category
from keepfit.features.columns import Columns, Levels
from keepfit.features.form import Form
from keepfit.features.numbers import Computed, NumberFeature, fit_number, inputs
from keepfit.features.plan import Feature, Matrix, Plan
from keepfit.features.target import Target, TargetFeature, cross_fit, fit_target
from keepfit.features.text import fit_text
from keepfit.records import Record

if TYPE_CHECKING:  # a server needs no YAML, and reading it costs more than all that a server does need
    from keepfit.config.features import FeatureForm


_READ_AS: dict[type, str] = {NumberFeature: "number", CalendarFeature: "time"}


class Encoding(Record, frozen=True, kw_only=True):
    """The JSON state that a version carries."""

    form: Form
    features: tuple[Feature, ...]
    computed: tuple[Computed, ...] = ()

    @property
    def kinds(self) -> dict[str, str]:
        """The columns that are read, and as what."""
        made = {each.name for each in self.computed}
        own = {each.column: _READ_AS.get(type(each), "category") for each in self.features if each.column not in made}
        return own | inputs(self.computed)

    @property
    def width(self) -> int:
        """Columns of the matrix."""
        return sum(feature.width(self.form) for feature in self.features)

    @property
    def categorical(self) -> list[int]:
        """Indices of the matrix columns that hold codes of categories (in the ``codes`` form)."""
        ends = accumulate(feature.width("codes") for feature in self.features)
        pairs = zip(ends, self.features, strict=True)
        return [end - 1 for end, feature in pairs if isinstance(feature, CategoryFeature | HashedFeature)]


def kinds_of(wanted: Mapping[str, "FeatureForm"]) -> dict[str, str]:
    """How each column of the YAML's features is read: as ``number``, ``category`` or ``time``.

    >>> kinds_of({"distance": ("number",), "time_hour": ("hour", "month"), "note": ("text",)})
    {'distance': 'number', 'time_hour': 'time', 'note': 'category'}
    """
    plain = {name: _read_as(kinds[0]) for name, kinds in wanted.items() if isinstance(kinds, tuple)}
    return plain | inputs(_computed(wanted))


def _read_as(kind: str) -> str:
    return "time" if kind.removesuffix("_cyclic") in SPANS else "number" if kind == "number" else "category"


def _computed(wanted: Mapping[str, "FeatureForm"]) -> tuple[Computed, ...]:
    derived = ((name, form) for name, form in wanted.items() if not isinstance(form, tuple))
    return tuple(Computed(name=name, how=form.how, of=form.of) for name, form in derived)


def fit(
    form: Form, wanted: Mapping[str, "FeatureForm"], columns: Columns, zone: str, target: Target | None = None
) -> Encoding:
    """Learn the encoding from training rows.

    Parameters
    ----------
    wanted : what each feature is, as the YAML says it.
    columns : the training rows, each column of length n.
    zone : IANA name for calendar parts.
    target : labels of the rows; without them no category is encoded by labels.

    Raises
    ------
    ValueError
        A feature is to be encoded by labels and there are none.
    """
    computed = _computed(wanted)
    raw = {**columns, **{each.name: each.values(columns) for each in computed}}
    made = (
        feature
        for name, how in wanted.items()
        for kind in (how if isinstance(how, tuple) else ("number",))
        for feature in _fit(kind, name, raw[name], Context(form, zone, target))
    )
    return Encoding(form=form, features=tuple(made), computed=computed)


class Context(NamedTuple):
    """What a feature is learnt with, beside its column."""

    form: Form
    zone: str
    target: Target | None


def _fit(kind: str, name: str, values: Any, context: Context) -> Iterator[Feature]:
    match kind:
        case "number":
            yield fit_number(name, values)
        case "category":
            category = fit_category(name, values)
            yield category
            if context.target is not None and len(category.levels) + len(category.rare) > MOST_LEVELS:
                yield fit_target(name, values, context.target)
        case "target_encoding":
            if context.target is None:
                raise ValueError(f"{name} is encoded by labels, and there are none")
            yield fit_target(name, values, context.target)
        case "hashing":
            yield HashedFeature(column=name, buckets=MOST_LEVELS)
        case "text":
            yield fit_text(name, values, context.form)
        case _:
            part = kind.removesuffix("_cyclic")
            yield CalendarFeature(column=name, part=part, zone=context.zone, cyclic=part != kind)


def cross_fitted(encoding: Encoding, columns: Columns, target: Target) -> Columns:
    """The columns of the training rows as a model may learn from them.

    What labels say about a row's category comes from other rows only: `transform` of these columns is the training
    matrix. Rows that the encoding was not learnt from need no such care.
    """
    own = {feature.column for feature in encoding.features if isinstance(feature, TargetFeature)}
    return {**columns, **{name: cross_fit(cast(Levels, columns[name]), target) for name in own}}


def transform(encoding: Encoding, columns: Columns) -> Matrix:
    """The (n, m) matrix of n raw records; the same records give the same numbers at training and at serving."""
    return plan_of(encoding).of_columns(columns)


def plan_of(encoding: Encoding) -> Plan:
    """How it is made; keep the plan where a few records are asked for again and again."""
    return Plan(encoding.form, encoding.features, encoding.computed)
