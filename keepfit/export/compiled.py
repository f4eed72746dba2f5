"""A model as the numbers it consists of: asked with numpy and treelite alone, no scikit-learn, in float64.

The file is JSON, a tagged union of three forms; anything else is refused when it is parsed. Its numbers are bytes
(base64), so that they come back as they were, fast.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from keepfit.errors import IntegrityError, Problem
from keepfit.export.links import LINKS, WIDTHS, Link, inverse_logit
from keepfit.export.trees import Forest
from keepfit.records import Record, parse

Floats = NDArray[np.float64]
Activation = Literal["identity", "logistic", "relu", "tanh"]

TOGETHER = 512  # rows at most whose answers do not depend, to the last bit, on which rows stand beside them

ACTIVATIONS: dict[Activation, Callable[[Floats], Floats]] = {
    "identity": lambda sums: sums,
    "logistic": inverse_logit,
    "relu": lambda sums: np.maximum(sums, 0.0),
    "tanh": np.tanh,
}


class Array(Record, frozen=True, kw_only=True):
    """Numbers of 64 bits, little end first, row after row."""

    shape: tuple[int, ...]
    data: bytes

    def numbers(self) -> Floats:
        """The array, read-only.

        Raises
        ------
        IntegrityError
            There are more or fewer numbers than the shape says.
        """
        if min(self.shape, default=0) < 0 or len(self.data) != 8 * prod(self.shape):
            expected = f"{8 * prod(self.shape)} bytes"
            raise IntegrityError(
                Problem("numbers do not fit their shape", expected=expected, found=f"{len(self.data)}")
            )
        return np.frombuffer(self.data, "<f8").reshape(self.shape)


def array(values: NDArray[np.float64]) -> Array:
    """The record of an array.

    >>> array(np.eye(2)).numbers().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return Array(shape=values.shape, data=np.ascontiguousarray(values, "<f8").tobytes())


class Layer(Record, frozen=True, kw_only=True):
    """A matrix product: (n, m) times ``weights`` (m, k) plus ``intercepts`` (k,)."""

    weights: Array
    intercepts: Array


class Scale(Record, frozen=True, kw_only=True):
    """The unit of a label: answers times ``scale`` plus ``center``."""

    scale: float
    center: float


class Linear(Record, frozen=True, kw_only=True, tag="linear"):
    """Logistic regression, ridge, elastic net."""

    layer: Layer
    link: Link
    label: Scale | None = None


class Network(Record, frozen=True, kw_only=True, tag="network"):
    """Layers with an activation between each two."""

    layers: tuple[Layer, ...]
    activation: Activation
    link: Link
    label: Scale | None = None


class Trees(Record, frozen=True, kw_only=True, tag="trees"):
    """What treelite wrote, for a matrix of so many ``columns``; forests know numbers of 32 bits only (``single``)."""

    treelite: bytes
    columns: int
    single: bool
    link: Link


Form = Linear | Network | Trees


class CompiledFile(Record, frozen=True, kw_only=True):
    """The content of the file; see `compiled_of` for how it is made."""

    form: Form


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled model that can be asked; ``engine`` says how it is done."""

    engine: str
    columns: int
    sums: Callable[[Floats], Floats]
    link: Callable[[Floats], Floats]
    label: Scale | None = None

    def answers(self, matrix: Floats) -> Floats:
        """Probabilities (n, k), or values (n,), before any correction.

        Raises
        ------
        ValueError
            The matrix has another number of columns than the model.
        """
        found = self.link(self.sums(matrix))
        return found if self.label is None else found * self.label.scale + self.label.center


def load_compiled(data: bytes, where: str = "") -> Compiled:
    """The model in ``data``, whose digest the caller has checked.

    Raises
    ------
    IntegrityError
        Not a compiled model of ours.
    """
    form = parse(data, CompiledFile, where).form
    columns, sums = _columns(form), _sums(form)
    width = sums(np.zeros((1, columns))).shape[1]
    if not WIDTHS[form.link](width):
        raise IntegrityError(Problem(f"not answers of {form.link}", where, found=f"{width} sums for a row"))
    label = None if isinstance(form, Trees) else form.label
    return Compiled(f"compiled: {_WORDS[type(form)]}", columns, sums, LINKS[form.link], label)


_WORDS: dict[type, str] = {Linear: "linear", Network: "network", Trees: "trees"}


def _columns(form: Form) -> int:
    """Columns of the matrix that the model takes."""
    match form:
        case Trees():
            return max(form.columns, 0)
        case Linear():
            return next(iter(form.layer.weights.shape), 0)
        case Network():
            return next((size for layer in form.layers for size in layer.weights.shape[:1]), 0)


def _sums(form: Form) -> Callable[[Floats], Floats]:
    match form:
        case Trees():
            return Forest(form.treelite, form.columns, single=form.single).sums
        case Linear():
            return _product(form.layer)
        case Network():
            return _forward(form.layers, ACTIVATIONS[form.activation])


def _product(layer: Layer) -> Callable[[Floats], Floats]:
    weights, intercepts = layer.weights.numbers(), layer.intercepts.numbers()
    if weights.ndim != 2 or intercepts.shape != weights.shape[1:]:
        found = f"{weights.shape} and {intercepts.shape}"
        raise IntegrityError(Problem("weights and intercepts do not fit each other", found=found))

    by_sum, base = np.ascontiguousarray(weights.T), intercepts[None]

    def product(matrix: Floats) -> Floats:
        few = len(matrix) <= TOGETHER
        sums: Floats = np.matvec(by_sum, matrix) if few else matrix @ weights
        return np.add(sums, base, out=sums)

    return product


def _forward(layers: tuple[Layer, ...], activate: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    if not layers or any(first.weights.shape[1:] != second.weights.shape[:1] for first, second in pairwise(layers)):
        raise IntegrityError(Problem("the layers of a network do not fit each other"))
    *hidden, last = (_product(layer) for layer in layers)

    def forward(matrix: Floats) -> Floats:
        for product in hidden:
            matrix = activate(product(matrix))
        return last(matrix)

    return forward
