"""A version as an ONNX file, asked the frozen probe set by ONNX Runtime before anybody gets it.

For teams that need the file; nothing of ours loads it. It takes the matrix that the version's features make of raw
records, and only versions that are a formula have one: ``docs/onnx.md`` says why.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain, repeat
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from keepfit import features
from keepfit.errors import ConfigError, IntegrityError, Problem
from keepfit.export import CompiledFile, Probe
from keepfit.export.compiled import Linear, Network
from keepfit.records import Manifest, Seat, parse
from keepfit.score.onnx_graph import ANSWERS, DECISION, FEATURES, graph_of
from keepfit.score.scorer import Scorer, load
from keepfit.store import Store, get

WITHIN = 1e-9  # how far an answer may be from the training object's, and of values above 1 which share of them


@dataclass(frozen=True)
class OnnxFile:
    """The bytes of the file, and the largest difference to the probe set's answers among so many ``rows``."""

    data: bytes
    difference: float
    rows: int


def onnx_file(store: Store, manifest: Manifest, seat: Seat) -> OnnxFile:
    """The ONNX file of a version, which answers the probe set as the training object did.

    Raises
    ------
    ConfigError
        The extra is not installed, or the version is no formula.
    IntegrityError
        The file answers otherwise, or a file of the version is not what its digest says.
    """
    _see_that_installed()
    form, scorer = _formula(store, manifest, seat), load(store, manifest.files)
    probe = parse(get(store, manifest.files["probe"]), Probe, f"objects/{manifest.files['probe']}")
    data = graph_of(form, scorer.output, _about(manifest, seat, scorer))
    return OnnxFile(data, _difference(data, scorer, probe, seat), len(probe.records))


def columns_of(encoding: features.Encoding) -> list[str]:
    """A name for each column of the matrix: the YAML's column, numbered where a feature has several.

    >>> from keepfit.features.numbers import NumberFeature
    >>> one = NumberFeature(column="wind", center=1.0, scale=2.0, flag=True)
    >>> columns_of(features.Encoding(form="dense", features=(one,)))
    ['wind.0', 'wind.1']
    """
    widths = ((each.column, each.width(encoding.form)) for each in encoding.features)
    names = list(chain.from_iterable(repeat(name, width) for name, width in widths))
    seen: dict[str, int] = {}
    numbered = []
    for name in names:
        place = seen[name] = seen.get(name, -1) + 1
        numbered.append(f"{name}.{place}" if names.count(name) > 1 else name)
    return numbered


def _see_that_installed() -> None:
    missing = [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            Problem(
                "ONNX files are an extra that is not installed",
                expected="onnx and onnxruntime",
                found=f"no {' and no '.join(missing)}",
                did="wrote nothing",
                do='pip install "keepfit[onnx]", or pip install --require-hashes -r requirements/onnx.txt',
            )
        )


def _formula(store: Store, manifest: Manifest, seat: Seat) -> Linear | Network:
    compiled = manifest.files.get("compiled")
    form = parse(get(store, compiled), CompiledFile, f"objects/{compiled}").form if compiled else None
    if isinstance(form, Linear | Network):
        return form
    raise ConfigError(
        Problem(
            f"version {seat.number} cannot be written as ONNX",
            where=f"version {seat.digest}",
            expected="a formula: logistic_regression, ridge, elastic_net or neural_network",
            found=manifest.candidate,
            did="wrote nothing: ONNX compares in trees with numbers of 32 bits, and answers otherwise near a split",
            do="serve it (`keepfit serve`, `keepfit score`), or name the version of a formula with --version",
        )
    )


def _about(manifest: Manifest, seat: Seat, scorer: Scorer) -> dict[str, str]:
    """What the file says of itself."""
    return {
        "use_case": manifest.use_case,
        "version": str(seat.number),
        "digest": seat.digest,
        "task": manifest.task,
        "classes": _json(manifest.classes),
        "input": "the matrix that the version's features make of raw records, not raw records",
        "columns": _json(columns_of(scorer.encoding)),
        "features": manifest.files["features"],
        "within": f"{WITHIN:g}",
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _difference(data: bytes, scorer: Scorer, probe: Probe, seat: Seat) -> float:
    """The largest difference, of values above 1 as a share of them; never one that is too large."""
    expected = np.array(probe.expected)
    matrix = features.plan_of(scorer.encoding).of_records(probe.records)
    answers, decisions = _asked(data, matrix)
    off = np.abs(answers.reshape(expected.shape) - expected) / np.maximum(1.0, np.abs(expected))
    by_row = off.reshape(len(expected), -1).max(axis=1)
    worst = int(np.argmax(np.where(np.isnan(by_row), np.inf, by_row)))
    if not by_row[worst] <= WITHIN:
        found = f"{by_row[worst]:.3g} in row {worst + 1} of {len(by_row)} of the probe set"
        raise _otherwise(seat, f"no difference above {WITHIN:g}", found)
    if decisions is not None and (wrong := np.flatnonzero(decisions != scorer.decide(answers))).size:
        raise _otherwise(seat, "the same decisions", f"another one in row {wrong[0] + 1} of the probe set")
    return float(by_row[worst])


def _asked(data: bytes, matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64] | None]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    found = dict(zip((each.name for each in session.get_outputs()), session.run(None, {FEATURES: matrix}), strict=True))
    return found[ANSWERS], found.get(DECISION)


def _otherwise(seat: Seat, expected: str, found: str) -> IntegrityError:
    what = f"the ONNX file of version {seat.number} does not answer as the trained model did"
    did = "wrote no file; what serves is not concerned"
    return IntegrityError(Problem(what, f"version {seat.digest}", expected, found, did))
