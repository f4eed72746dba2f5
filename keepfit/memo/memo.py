"""The memo of a stage: its inputs' digests and its code → its record.

A memo is not named by a digest of its content, so it carries one; bytes that do not fit it are refused.
"""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from keepfit.errors import Exists, IntegrityError, Missing, Problem
from keepfit.memo.code import code_digest, requirements_digest
from keepfit.records import Record, canonical, digest_of, parse, sha256
from keepfit.store import Store

R = TypeVar("R")

_LOG = logging.getLogger("keepfit.memo")


class Memo(Record, frozen=True, kw_only=True):
    """What lies in ``runs/``: the question (``stage``, ``inputs``), the answer (``record``) and its digest."""

    stage: str
    inputs: dict[str, str]
    record: msgspec.Raw
    digest: str


def _always(_record: object) -> bool:
    return True


def remembered(
    store: Store,
    use_case: str,
    stage: str,
    inputs: Mapping[str, str],
    kind: type[R],
    body: Callable[[], R],
    keep: Callable[[R], bool] = _always,
) -> R:
    """What ``body()`` returned the first time it ran with these inputs and this code.

    Parameters
    ----------
    inputs
        Everything that the result depends on, by name: digests, or short texts.
    kind
        The type of the record, by which it is read again.
    keep
        Whether a result is worth remembering; one that is not is returned and computed again next time.

    Raises
    ------
    IntegrityError
        A memo is there and was altered.
    """
    asked = {**inputs, "code": code_digest(), "requirements": requirements_digest()}
    return recorded(store, use_case, stage, asked, kind=kind, body=body, keep=keep)


def recorded(
    store: Store,
    use_case: str,
    stage: str,
    inputs: Mapping[str, str],
    *,
    kind: type[R],
    body: Callable[[], R],
    keep: Callable[[R], bool] = _always,
) -> R:
    """Like `remembered`, for what does not depend on the code."""
    key = f"{use_case}/runs/{_question(stage, inputs)}.json"
    try:
        before = _recall(store, key, kind)
    except Missing:
        record = body()
        _LOG.debug("computed %s", stage, extra={"stage": stage, "how": "computed"})
        data = canonical(record)
        try:
            if keep(record):
                store.create(key, _wrap(stage, inputs, data))
        except Exists:
            return _recall(store, key, kind)
        return parse(data, kind, key)  # and not `record`: so that the first answer equals all later ones, 1 and 1.0 too
    _LOG.debug("remembered %s", stage, extra={"stage": stage, "how": "remembered"})
    return before


def unwrap(data: bytes, where: str) -> Memo:
    """The memo in the file ``where``, checked against the file's name and its own digest; the record is not parsed.

    Raises
    ------
    IntegrityError
        Not a memo, not the one of this name, or not the record that was kept.
    """
    memo = parse(data, Memo, where)
    asked = f"{_question(memo.stage, memo.inputs)}.json"
    if not where.endswith(f"/{asked}"):
        raise _altered(where, f"a memo of {where.rpartition('/')[2]}", f"one of {asked}")
    found = sha256(bytes(memo.record))
    if found != memo.digest:
        raise _altered(where, f"sha256 {memo.digest}", f"sha256 {found}")
    return memo


def _question(stage: str, inputs: Mapping[str, str]) -> str:
    return digest_of({"stage": stage, "inputs": dict(inputs)})


def _recall(store: Store, key: str, kind: type[R]) -> R:
    where = f"{store.address}/{key}"
    return parse(bytes(unwrap(store.read(key), where).record), kind, where)


def _wrap(stage: str, inputs: Mapping[str, str], record: bytes) -> bytes:
    return canonical(Memo(stage=stage, inputs=dict(inputs), record=msgspec.Raw(record), digest=sha256(record)))


def _altered(where: str, expected: str, found: str) -> IntegrityError:
    return IntegrityError(
        Problem(
            "the memo of a stage was altered",
            where=where,
            expected=expected,
            found=found,
            did="did not use it",
            do="remove this file, then run the same command again: the stage is computed anew",
        )
    )
