"""What ``keepfit export`` does, and what it prints."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from flows.commands import answer, opened
from keepfit import registry
from keepfit.config import find, load
from keepfit.errors import ConfigError, InfrastructureError, Problem
from keepfit.score.onnx_file import WITHIN, onnx_file


def export(
    use_case: str, kind: str, output: str, version: int | None, store: str | None, *, overwrite: bool, as_json: bool
) -> int:
    """Write a version as an ONNX file that has been asked the probe set."""
    case = load(find(use_case, Path.cwd()), os.environ).use_case
    place, path = opened(store), Path(output)
    if path.exists() and not overwrite:
        do = "give another name, or --overwrite"
        raise ConfigError(Problem("the file is there already", output, did="left it as it is", do=do))
    seat = registry.seat_of(place, case.name, version, datetime.now(UTC))
    made = onnx_file(place, registry.manifest(place, case.name, seat.digest), seat)
    _write(path, made.data)
    told = {
        "use_case": case.name,
        "version": seat.number,
        "digest": seat.digest,
        "format": kind,
        "output": output,
        "bytes": len(made.data),
        "probe": {"rows": made.rows, "difference": made.difference, "within": WITHIN},
    }
    answer(told, as_json, lambda _: f"{case.name}: version {seat.number} as ONNX, {output}, {len(made.data):,} bytes\n"
           f"  {made.rows} rows of the probe set answered by ONNX Runtime to {made.difference:.2g}"
           f" (at most {WITHIN:g}); it takes the matrix of features, see docs/onnx.md")  # fmt: skip
    return 0


def _write(path: Path, data: bytes) -> None:
    """The whole file or none."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        found = error.strerror or str(error)
        problem = Problem("the file cannot be written", str(path), found=found, did="left no part of it")
        raise InfrastructureError(problem) from error
