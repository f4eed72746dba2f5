"""How much memory training will need, said before it starts, and how much there is."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keepfit import features
from keepfit.config import CANDIDATES
from keepfit.config.model import UseCase
from keepfit.config.train import Candidate, Choice, Range
from keepfit.errors import InfrastructureError, Problem
from keepfit.features import Encoding, Form
from keepfit.score import numbers
from keepfit.train.estimators import Layout, layout_of
from keepfit.train.examples import Examples
from keepfit.train.matrix import SLICE

LIBRARIES = 100e6  # that load when training begins
PROCESS = 100e6  # of an interpreter of its own, with the same libraries
_SAMPLE = 2_000


class Sizes(NamedTuple):
    """What the need follows from.

    ``raw`` are the bytes of the rows as they were read; ``widths`` how many numbers a row has in each layout (of a
    sparse one only those that are not zero); ``outputs`` how many numbers an answer has; ``fitted`` and ``scored`` the
    rows of all folds together, ``longest`` of the largest fold.
    """

    raw: int
    rows: int
    widths: Mapping[Layout, float]
    outputs: int
    fitted: int
    scored: int
    longest: int


class Need(NamedTuple):
    """Bytes beyond what the process has already, at the moment when most is needed; ``by`` candidate, for one fit."""

    total: int
    by: dict[str, int]
    when: str

    def said(self) -> str:
        """In words, for the progress line.

        >>> Need(250_000_000, {"ridge": 8_000_000}, "searching").said()
        'needs about 250 MB of memory, most of it when searching'
        """
        return f"needs about {amount(self.total)} of memory, most of it when {self.when}"


def amount(count: int) -> str:
    """Bytes for people.

    >>> amount(250_000_000), amount(3_200_000_000), amount(400_000)
    ('250 MB', '3.2 GB', '1 MB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 1):.0f} MB"


def sizes_of(use_case: UseCase, examples: Examples, encodings: Mapping[Form, Encoding]) -> Sizes:
    """What is known before any matrix is made; the widths are those of some rows."""
    rows, folds = len(examples.labels), use_case.train.folds
    dated = use_case.split.by == "time"
    sample = examples.take(np.unique(np.linspace(0, rows - 1, min(rows, _SAMPLE)).astype(np.int64)))
    matrices = {form: numbers(each, features.from_table(sample, each.kinds)) for form, each in encodings.items()}
    widths: dict[Layout, float] = {form: float(matrix.shape[1]) for form, matrix in matrices.items()}
    if "dense" in matrices:
        widths["sparse"] = np.count_nonzero(matrices["dense"]) / len(sample)
    return Sizes(
        raw=examples.table.nbytes,
        rows=rows,
        widths=widths,
        outputs=max(len(examples.classes), 1),
        fitted=rows * folds // 2 if dated else rows * (folds - 1),
        scored=rows * folds // (folds + 1) if dated else rows,
        longest=rows * folds // (folds + 1) if dated else rows * (folds - 1) // folds,
    )


# Bytes of working memory of one fit beside the model: for a number of the matrix, for a row, for a row and output, and
# for all other things. Measured with scikit-learn 1.9: `tests/benchmarks/training_memory.py`.
_FIT: dict[str, tuple[float, float, float, float]] = {
    "logistic_regression": (4, 40, 40, 8e6),
    "ridge": (9, 16, 16, 5e6),
    "elastic_net": (9, 24, 16, 5e6),
    "hist_gradient_boosting": (10, 40, 40, 25e6),
    "neural_network": (2, 40, 40, 10e6),
    "extra_trees": (4, 40, 40, 30e6),
    "random_forest": (4, 60, 60, 30e6),
    "nearest_neighbours": (2, 40, 60, 40e6),
}
_FORESTS = ("extra_trees", "random_forest")
_WRITING = 1.5  # copies of a model while its file is written


def need(sizes: Sizes, candidates: Sequence[Candidate], workers: int) -> Need:
    """The most that training will hold at once.

    While searching: the raw rows, every fold in every layout (twice where other processes get them), and a fit in each
    process. At the end: the whole side in one layout, one fit, and its model as a file. While either is prepared: the
    raw rows as columns, and the parts of a matrix before they are put together.

    Parameters
    ----------
    candidates : with their whole spaces, of which the end counts that makes the larger model.
    """
    layouts = {layout_of(each.name) for each in candidates}
    folds = sum(_matrix(each, sizes, sizes.fitted + sizes.scored) for each in layouts)
    by = {each.name: _fit(each, sizes, sizes.longest) for each in candidates}
    several = workers > 1
    phases = {
        "preparing the folds": sizes.raw * 3 + folds + max(_making(each, sizes, sizes.longest) for each in layouts),
        "searching": sizes.raw + folds * (1 + several) + max(by.values()) * workers + PROCESS * workers * several,
        "fitting the winner": max(_finishing(each, sizes) for each in candidates),
    }
    when, most = max(phases.items(), key=lambda phase: phase[1])
    return Need(int(LIBRARIES + most), {name: int(size) for name, size in by.items()}, when)


def _finishing(candidate: Candidate, sizes: Sizes) -> float:
    layout = layout_of(candidate.name)
    fitting = _fit(candidate, sizes, sizes.rows) + _WRITING * _model(candidate, sizes, sizes.rows)
    last = max(_making(layout, sizes, sizes.rows) + sizes.raw * 3, fitting)
    return _matrix(layout, sizes, sizes.rows) + last


def _fit(candidate: Candidate, sizes: Sizes, rows: int) -> float:
    number, row, output, other = _FIT[candidate.name]
    width = sizes.widths[layout_of(candidate.name)]
    return rows * (width * number + row + sizes.outputs * output) + other + _model(candidate, sizes, rows)


def _model(candidate: Candidate, sizes: Sizes, rows: int) -> float:
    """What is large of a model: all rows of neighbours, and the nodes of a forest, about as many as leaves could be."""
    if candidate.name == "nearest_neighbours":
        return _matrix("dense", sizes, rows)
    if candidate.name not in _FORESTS:
        return 0.0
    trees, leaf = _end(candidate, "n_estimators", max), _end(candidate, "min_samples_leaf", min)
    return trees * rows / leaf * (64 + 8 * sizes.outputs)


def _end(candidate: Candidate, setting: str, which: Callable[..., float]) -> float:
    """The largest or the smallest value that a number may get."""
    space = candidate.space.get(setting, CANDIDATES[candidate.name].settings[setting].default)
    if isinstance(space, Range):
        return which(space.low, space.high)
    values = space.choice if isinstance(space, Choice) else (space,)
    return which(float(value) for value in values if isinstance(value, int | float))


def _matrix(layout: Layout, sizes: Sizes, rows: int) -> float:
    return rows * sizes.widths[layout] * (12.0 if layout == "sparse" else 8.0)


def _making(layout: Layout, sizes: Sizes, rows: int) -> float:
    """What a matrix takes while it is made, beside itself."""
    if layout == "codes":
        return rows * 24.0
    return (
        min(rows, SLICE if layout == "sparse" else rows) * sizes.widths["dense"] * (20.0 if layout == "sparse" else 9)
    )


def available(root: Path = Path("/")) -> int | None:
    """Bytes that this process may still take: what the system has free, or what its control group leaves it.

    None where neither can be known (not Linux).
    """
    found = [_free(root / "proc/meminfo"), _left(root / "sys/fs/cgroup", "memory.max", "memory.current")]
    found.append(_left(root / "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"))
    return min((size for size in found if size is not None), default=None)


def _free(path: Path) -> int | None:
    lines = (line.split() for line in _text(path).splitlines())
    return next((int(words[1]) * 1024 for words in lines if words and words[0] == "MemAvailable:"), None)


def _left(folder: Path, limit: str, used: str) -> int | None:
    """Of a control group; its caches of files count as used and can be given back, so they are added again."""
    most, now = _text(folder / limit).strip(), _text(folder / used).strip()
    if not most.isdigit() or not now.isdigit():
        return None
    words = dict(line.split() for line in _text(folder / "memory.stat").splitlines() if line.count(" ") == 1)
    return max(int(most) - int(now) + int(words.get("inactive_file", 0)), 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""


def enough(needed: Need, there: int | None) -> None:
    """See that there is room.

    Raises
    ------
    InfrastructureError
        There is not.
    """
    if there is None or needed.total <= there:
        return
    largest = sorted(needed.by, key=lambda name: -needed.by[name])[:3]
    raise InfrastructureError(
        Problem(
            "training needs more memory than there is",
            where=f"train, when {needed.when}",
            expected=f"about {amount(needed.total)}",
            found=f"{amount(there)} free; a fit takes {', '.join(f'{n} {amount(needed.by[n])}' for n in largest)}",
            did="trained nothing; the champion stays",
            do="fewer train.workers or candidates, a shorter data.history, or a machine with more memory",
        )
    )
