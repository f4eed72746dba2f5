"""One object to S3, at once or in parts: conditional, with a checksum that the server compares before it publishes."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeVar

from keepfit.store.attempts import Attempts, Patience
from keepfit.store.faults import Altered, code, failures, status, worth

T = TypeVar("T")
Ask = Callable[[Callable[[], T]], T]

_PART = 8 * 1024 * 1024  # bytes; what has to be sent again when a request fails
_MOST_PARTS = 10_000


class _NotNow(Exception):
    """The key is there, or the upload is not (which is how a yes that was lost looks)."""


def at_once(client: Any, bucket: str, name: str, data: bytes, marks: Mapping[str, str]) -> bool:
    """Whether the key was created; not, if it is there."""
    key = {"Bucket": bucket, "Key": name, "IfNoneMatch": "*", "Metadata": dict(marks)}
    try:
        _sent(client.put_object, **key, **_body(data), ChecksumSHA256=_checksum(data))
    except _NotNow:
        return False
    return True


def in_parts(client: Any, bucket: str, name: str, data: bytes, marks: Mapping[str, str], ask: Ask[Any]) -> bool:
    """Whether the key was created; not, if it is there, or if the upload is gone.

    ``ask`` sends a request, again if need be. Nothing is half there: what fails is aborted. Parts that a killed
    process leaves are invisible and cost room until the bucket's rule for incomplete uploads removes them.
    """
    upload = {"Bucket": bucket, "Key": name}
    upload["UploadId"] = ask(partial(_begun, client, upload, marks))
    created = False
    try:
        size = max(_PART, -(-len(data) // _MOST_PARTS))
        parts = [
            ask(partial(_part, client, upload, number, data[start : start + size]))
            for number, start in enumerate(range(0, len(data), size), 1)
        ]
        finish = {"MultipartUpload": {"Parts": parts}, "IfNoneMatch": "*"}
        ask(partial(_sent, client.complete_multipart_upload, **upload, **finish))
        created = True
    except _NotNow:
        return False
    finally:
        if not created:
            with suppress(*failures()):
                abort = Attempts(Patience(attempts=2, seconds=5))
                abort.of(partial(client.abort_multipart_upload, **upload), worth)
    return created


def _begun(client: Any, upload: Mapping[str, str], marks: Mapping[str, str]) -> str:
    begun = client.create_multipart_upload(**upload, Metadata=dict(marks), ChecksumAlgorithm="SHA256")
    return _said(begun, "UploadId")


def _part(client: Any, upload: Mapping[str, str], number: int, data: bytes) -> dict[str, Any]:
    part = {"PartNumber": number, "ChecksumSHA256": _checksum(data)}
    return {**part, "ETag": _said(_sent(client.upload_part, **upload, **part, **_body(data)), "ETag")}


def _sent(call: Callable[..., Any], **values: Any) -> Any:
    try:
        return call(**values)
    except failures() as error:
        if status(error) == 412 or code(error) == "NoSuchUpload":
            raise _NotNow from error
        raise


def _said(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not value:
        raise Altered(f"an answer with {name}", "one without")
    return str(value)


def _body(data: bytes) -> dict[str, Any]:
    # As a file it is sent piece by piece, each with a time-out of its own; bytes would have to be gone in one of them.
    return {"Body": BytesIO(data), "ContentLength": len(data)}


def _checksum(data: bytes) -> str:
    return b64encode(sha256(data).digest()).decode()
