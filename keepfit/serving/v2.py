"""The Open Inference Protocol, version 2, in JSON: each column of a record is a tensor of n values.

Numbers are FP64, whole numbers INT64, truth values BOOL, texts and times BYTES. A column that may be missing may be
left out, and its values may be null. The extension for binary tensors is not offered.
"""

from collections.abc import Mapping
from typing import Any

from keepfit.records import SignedColumn
from keepfit.serving.closer_look import MOST_ROWS, Row
from keepfit.serving.problems import Fault, HttpProblem, moved, pointer, unprocessable
from keepfit.serving.version import Live, Prediction

_DATATYPES = {"float": "FP64", "int": "INT64", "bool": "BOOL"}
_TAKEN = {
    "float": {"FP64", "FP32", "FP16", "INT64", "INT32", "INT16", "INT8", "UINT8", "UINT16", "UINT32", "UINT64"},
    "int": {"INT64", "INT32", "INT16", "INT8", "UINT8", "UINT16", "UINT32", "UINT64"},
    "bool": {"BOOL"},
}


def metadata(live: Live) -> dict[str, Any]:
    """What ``GET /v2/models/{name}`` answers."""
    return {
        "name": live.signature.use_case,
        "versions": [str(live.seat.number)],
        "platform": "keepfit",
        "inputs": [_tensor(each.name, _datatype(each)) for each in live.signature.columns],
        "outputs": [_tensor(name, kind, *shape) for name, kind, *shape in _outputs(live)],
    }


def _tensor(name: str, datatype: str, *shape: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [-1, *shape]}


def _datatype(column: SignedColumn) -> str:
    return _DATATYPES.get(column.type, "BYTES")


def _outputs(live: Live) -> list[tuple[Any, ...]]:
    classes = len(live.manifest.classes)
    if not classes:
        return [("id", "BYTES"), ("value", "FP64")]
    scores = ("score", "FP64") if classes == 2 else ("scores", "FP64", classes)
    return [("id", "BYTES"), scores, ("decision", "BYTES")]


def records(live: Live, tree: Any) -> list[Row]:
    """The records that the tensors of a request hold, held to the signature.

    Raises
    ------
    HttpProblem
        413, 422.
    """
    inputs = tree.get("inputs") if isinstance(tree, dict) else None
    if not isinstance(inputs, list) or not inputs:
        raise _wrong("expected a list of tensors", "inputs")
    columns: dict[str, list[Any]] = {}
    for place, tensor in enumerate(inputs):
        name, data = _values(tensor, live.rows.columns, place)
        if name in columns:
            raise _wrong("this input stands twice", "inputs", place, "name")
        columns[name] = data
    sizes = {len(data) for data in columns.values()}
    if len(sizes) != 1:
        raise _wrong("expected inputs with equally many values", "inputs")
    if sizes.pop() > MOST_ROWS:
        raise HttpProblem(413, "too_many_records", f"expected at most {MOST_ROWS} records in a request")
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    names = list(columns)

    def tensor_of(steps: list[str]) -> list[str | int]:
        row, *name = steps[1:]
        return ["inputs", names.index(name[0]), "data", int(row)] if name and name[0] in columns else ["inputs"]

    try:
        return live.rows.checked(rows, ("records",))
    except HttpProblem as problem:
        raise moved(problem, tensor_of) from None


def _values(tensor: Any, known: Mapping[str, SignedColumn], place: int) -> tuple[str, list[Any]]:
    if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
        raise _wrong("expected a tensor with name, shape, datatype and data", "inputs", place)
    name, data, shape = tensor["name"], tensor.get("data"), tensor.get("shape")
    if not isinstance(data, list):
        raise _wrong("expected data as JSON; binary tensors are not taken", "inputs", place, "data")
    column = known.get(name)
    taken = {"BYTES"} if column is None else _TAKEN.get(column.type, {"BYTES"})
    datatype = tensor.get("datatype")
    if column is not None and not (isinstance(datatype, str) and datatype in taken):
        raise _wrong(f"expected the datatype {_datatype(column)}", "inputs", place, "datatype")
    flat = [value[0] if isinstance(value, list) and len(value) == 1 else value for value in data]
    if shape not in ([len(flat)], [len(flat), 1]):
        raise _wrong("expected a shape of one dimension, as long as the data", "inputs", place, "shape")
    return name, flat


def _wrong(detail: str, *steps: str | int) -> HttpProblem:
    return unprocessable([Fault(pointer(*steps), "tensor", detail)])


def see_that_version(live: Live, version: str | None) -> None:
    """See that it is this version that is asked for.

    Raises
    ------
    HttpProblem
        404: another one; only the champion answers.
    """
    if version is not None and version != str(live.seat.number):
        raise HttpProblem(404, "unknown_version", f"version {live.seat.number} answers, and no other")


def response(live: Live, predictions: list[Prediction], tree: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors of an answer: all, or those that were asked for by name."""
    wanted = tree.get("outputs")
    names = [each.get("name") for each in wanted if isinstance(each, dict)] if isinstance(wanted, list) else []
    made = [_output(predictions, *each) for each in _outputs(live) if not names or each[0] in names]
    given = {"id": tree["id"]} if isinstance(tree.get("id"), str) else {}
    head = {"model_name": live.signature.use_case, "model_version": str(live.seat.number)}
    return {**head, **given, "outputs": made}


def _output(predictions: list[Prediction], name: str, datatype: str, *shape: int) -> dict[str, Any]:
    data: list[Any] = [getattr(each, name) for each in predictions]
    if name == "scores":
        data = [share for scores in data for share in scores.values()]
    return {"name": name, "datatype": datatype, "shape": [len(predictions), *shape], "data": data}
