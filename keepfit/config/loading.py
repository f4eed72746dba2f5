"""From a file to a use case: read once, understood strictly, refused with everything that is wrong with it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from pydantic import ValidationError

from keepfit.config.checks import check
from keepfit.config.credentials import literal_secrets
from keepfit.config.document import Document, Finding, shorten
from keepfit.config.environment import resolve
from keepfit.config.explain import explain
from keepfit.config.later import not_in_this_build
from keepfit.config.model import UseCase
from keepfit.config.protected import Grouping
from keepfit.config.standard import always, default_metric
from keepfit.config.strict_yaml import LARGEST, parse
from keepfit.config.suggest import did_you_mean, listed
from keepfit.errors import ConfigError, InfrastructureError, Problem
from keepfit.records.canonical import digest_of

_MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Loaded:
    """A use case as it was when its file was read; what happens to the file later changes nothing.

    ``digest`` is SHA-256 of the canonical JSON of the parsed tree with its ``${…}`` unresolved: comments, layout and
    the order of keys do not matter. ``sections`` holds the digest of each top-level part, also of those left out.
    """

    path: FilePath
    data: bytes
    use_case: UseCase
    digest: str
    sections: Mapping[str, str]


def load(path: FilePath, environ: Mapping[str, str] | None = None) -> Loaded:
    """The use case in a file, whose stem is its name; ``environ`` (that of the process) fills in where data lie.

    Raises
    ------
    ConfigError
        With every problem that was found, each with line and column.
    InfrastructureError
        The file is there and cannot be read.
    """
    loaded = understand(_read(path), path, os.environ if environ is None else environ)
    if loaded.use_case.name != path.stem:
        document = parse(loaded.data, str(path))
        what = f"the name in the file is not that of the file, `{path.stem}`"
        _refuse(document, [Finding(("name",), what, expected=path.stem, do="rename one of the two")])
    return loaded


def understand(data: bytes, path: FilePath, environ: Mapping[str, str]) -> Loaded:
    """The use case in the bytes of a file; reads nothing, ``path`` is only its name in messages.

    Raises
    ------
    ConfigError
        With every problem that was found, each with line and column.
    """
    document = parse(data, str(path))
    if not isinstance(document.tree, dict):
        what = "the file is empty" if document.tree is None else "the file is not a mapping"
        _refuse(document, [Finding((), what, expected="`name: …`, `task: …` and the other sections")])
    # Alone and first: nothing else that is said about a file may repeat what is secret in it.
    _refuse(document, literal_secrets(document.tree))
    use_case = _validated(document, environ)
    _refuse(document, check(use_case))
    sections = {name: digest_of(document.tree.get(name)) for name in UseCase.model_fields}
    return Loaded(path, data, _completed(use_case), digest_of(document.tree), sections)


def _completed(use_case: UseCase) -> UseCase:
    """The use case with the gates that no model is spared, and with figures for the groups that gates ask for."""
    gates = always(use_case.gates, use_case.train.optimize or default_metric(use_case.task))
    asked = [by for gate in gates if (by := getattr(gate, "by", None)) is not None]
    protected = {name: Grouping() for name in asked} | use_case.protected
    return use_case.model_copy(update={"gates": gates, "protected": protected})


def find(name_or_path: str, root: FilePath) -> FilePath:
    """The file of a use case: a path, or a name of one in ``root/configs``.

    Raises
    ------
    ConfigError
        There is no such file; the message lists those there are.
    """
    is_path = "/" in name_or_path or name_or_path.endswith((".yaml", ".yml"))
    path = root / name_or_path if is_path else root / "configs" / f"{name_or_path}.yaml"
    if _is_file(path):
        return path
    folder = root / "configs"
    known = [file.stem for file in folder.glob("*.yaml")]
    do = did_you_mean(FilePath(name_or_path).stem, known)
    expected = f"one of {listed(known)}" if known else f"a file NAME.yaml in {folder}"
    raise ConfigError(
        Problem(
            f"no use case `{shorten(name_or_path)}`",
            shorten(str(path), 200),
            expected,
            "no such file",
            "started nothing",
            do,
        )
    )


def _is_file(path: FilePath) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _read(path: FilePath) -> bytes:
    try:
        if not path.is_file():
            raise ConfigError(Problem("no such file", str(path), "a YAML file", did="started nothing"))
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise InfrastructureError(Problem(f"cannot read the file: {error.strerror}", str(path))) from error


def _validated(document: Document, environ: Mapping[str, str]) -> UseCase:
    tree, findings = resolve(document.tree, environ)
    later = not_in_this_build(tree)
    try:
        use_case = UseCase.model_validate(tree)
    except ValidationError as error:
        findings += explain(document, error)
        _refuse(document, [*later, *(finding for finding in findings if not _below(finding, later))])
        raise
    _refuse(document, [*later, *findings])
    return use_case


def _below(finding: Finding, others: Iterable[Finding]) -> bool:
    """Whether a finding is about a part of what another one is about."""
    return any(finding.path[: len(other.path)] == other.path for other in others)


def _refuse(document: Document, findings: Sequence[Finding]) -> None:
    """Refuse the file with what is wrong, in the order of its lines, unless nothing is."""
    ordered = sorted(findings, key=lambda finding: document.place(finding.path))
    problems = [document.problem(finding) for finding in ordered[:_MOST_PROBLEMS]]
    if len(ordered) > _MOST_PROBLEMS:
        problems.append(Problem(f"and {len(ordered) - _MOST_PROBLEMS} more", document.file))
    if problems:
        raise ConfigError(*problems)
