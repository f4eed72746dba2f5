"""A formula of a version as an ONNX graph, in numbers of 64 bits, from the same numbers as its compiled form.

Written by hand and not by skl2onnx, which takes neither a scaled label nor our calibration; ``docs/onnx.md`` says more.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepfit.export.compiled import Activation, Layer, Linear, Network
from keepfit.score.output import SMALLEST, STRICT, Isotonic, Output, Sigmoid, Temperature

FEATURES, ANSWERS, DECISION = "features", "answers", "decision"
OPSET, FORMAT = 17, 8  # of 2022: what reads ONNX today reads these
INT64 = 7  # as ONNX numbers its types

_ACTIVATIONS: dict[Activation, str] = {"identity": "Identity", "logistic": "Sigmoid", "relu": "Relu", "tanh": "Tanh"}


def graph_of(form: Linear | Network, output: Output, about: Mapping[str, str]) -> bytes:
    """The ONNX file, which says ``about`` itself what it is told.

    Its input ``features`` is the matrix (n, m) of a version's features; its outputs are ``answers``, probabilities
    (n, k) or values (n,), and of classes ``decision``, the index (n,) of the chosen one.
    """
    nodes = _Nodes()
    layers = (form.layer,) if isinstance(form, Linear) else form.layers
    width = layers[0].weights.shape[0]
    answers = _answers(nodes, form, _sums(nodes, form, layers))
    classes = form.link != "identity"
    if classes:
        answers = _corrected(nodes, output, answers)
        nodes.name(DECISION, _decision(nodes, output, answers))
    nodes.name(ANSWERS, answers)
    return nodes.file(width, classes=classes, about=about)


class _Nodes:
    """A graph in the making: every result has a name."""

    def __init__(self) -> None:
        import onnx.helper
        import onnx.numpy_helper

        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, values: Any) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, kind: str, *inputs: "str | float | NDArray[Any]", **attributes: Any) -> str:
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        made = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, names, [made], made, **attributes))
        return made

    def name(self, name: str, what: str) -> None:
        self._nodes.append(self._onnx.helper.make_node("Identity", [what], [name], name))

    def file(self, width: int, *, classes: bool, about: Mapping[str, str]) -> bytes:
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        inputs = [helper.make_tensor_value_info(FEATURES, kinds.DOUBLE, ["rows", width])]
        outputs = [helper.make_tensor_value_info(ANSWERS, kinds.DOUBLE, ["rows", "classes"] if classes else ["rows"])]
        if classes:
            outputs.append(helper.make_tensor_value_info(DECISION, kinds.INT64, ["rows"]))
        graph = helper.make_graph(self._nodes, "keepfit", inputs, outputs, self._constants)
        model = helper.make_model(graph, producer_name="keepfit", opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = FORMAT
        helper.set_model_props(model, dict(about))
        self._onnx.checker.check_model(model, full_check=True)
        data: bytes = model.SerializeToString()
        return data


def _sums(nodes: _Nodes, form: Linear | Network, layers: tuple[Layer, ...]) -> str:
    made = FEATURES
    for place, layer in enumerate(layers):
        if place and isinstance(form, Network):
            made = nodes.add(_ACTIVATIONS[form.activation], made)
        made = nodes.add("Add", nodes.add("MatMul", made, layer.weights.numbers()), layer.intercepts.numbers())
    return made


def _answers(nodes: _Nodes, form: Linear | Network, sums: str) -> str:
    """As `keepfit.export.links` says."""
    if form.link == "logistic":
        return _pair(nodes, nodes.add("Sigmoid", sums))
    if form.link == "softmax":
        return nodes.add("Softmax", sums, axis=1)
    values = nodes.add("Squeeze", sums, np.array([1]))
    if form.label is None:
        return values
    return nodes.add("Add", nodes.add("Mul", values, form.label.scale), form.label.center)


def _pair(nodes: _Nodes, second: str) -> str:
    return nodes.add("Concat", nodes.add("Sub", 1.0, second), second, axis=1)


def _corrected(nodes: _Nodes, output: Output, answers: str) -> str:
    """As the classes of `keepfit.score.output` say."""
    match output.calibration:
        case None:
            return answers
        case Temperature(temperature=temperature):
            return nodes.add("Softmax", nodes.add("Div", _logs(nodes, answers), temperature), axis=1)
        case Sigmoid(slope=slope, intercept=intercept):
            logs = _logs(nodes, answers)
            odds = nodes.add("Sub", _column(nodes, logs, 1), _column(nodes, logs, 0))
            odds = nodes.add("Add", nodes.add("Mul", odds, slope), intercept)
            both = nodes.add("Concat", nodes.add("Neg", odds), odds, axis=1)
            return nodes.add("Sigmoid", both)
        case Isotonic() as line:
            raw = _column(nodes, answers, 1)
            mixed = nodes.add("Mul", _interpolated(nodes, line, raw), 1.0 - STRICT)
            return _pair(nodes, nodes.add("Add", mixed, nodes.add("Mul", raw, STRICT)))


def _logs(nodes: _Nodes, probabilities: str) -> str:
    return nodes.add("Log", nodes.add("Max", probabilities, SMALLEST))


def _column(nodes: _Nodes, matrix: str, place: int) -> str:
    return nodes.add("Gather", matrix, np.array([place]), axis=1)


def _interpolated(nodes: _Nodes, line: Isotonic, raw: str) -> str:
    """The line through points: of every stretch between two, how far along it the value is, times its slope."""
    x, y = np.array(line.x), np.array(line.y)
    widths = np.diff(x)
    if not widths.size:
        return nodes.add("Add", nodes.add("Mul", raw, 0.0), float(y[0]))
    slopes = np.divide(np.diff(y), widths, out=np.zeros_like(widths), where=widths > 0)
    along = nodes.add("Min", nodes.add("Max", nodes.add("Sub", raw, x[:-1]), 0.0), widths)
    return nodes.add("Add", nodes.add("MatMul", along, slopes[:, None]), float(y[0]))


def _decision(nodes: _Nodes, output: Output, answers: str) -> str:
    if output.threshold is None:
        return nodes.add("ArgMax", answers, axis=1, keepdims=0)
    above = nodes.add("Greater", _column(nodes, answers, 1), output.threshold)
    return nodes.add("Cast", nodes.add("Squeeze", above, np.array([1])), to=INT64)
