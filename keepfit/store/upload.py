"""One object to S3, at once or in parts: conditional, with a checksum that the server compares before it publishes."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from typing import Any, TypeVar

from keepfit.store.attempts import Attempts, Patience
from keepfit.store.faults import code, failures, status, transient

T = TypeVar("T")
Ask = Callable[[Callable[[], T]], T]

_PART = 8 * 1024 * 1024  # bytes; what has to be sent again when a request fails
_MOST_PARTS = 10_000


def at_once(client: Any, bucket: str, name: str, data: bytes, marks: Mapping[str, str]) -> bool:
    """Whether the key was created; not, if it is there."""
    return _published(
        lambda: client.put_object(
            Bucket=bucket,
            Key=name,
            IfNoneMatch="*",
            Metadata=dict(marks),
            **_body(data),
            ChecksumSHA256=_checksum(data),
        )
    )


def in_parts(client: Any, bucket: str, name: str, data: bytes, marks: Mapping[str, str], ask: Ask[Any]) -> bool:
    """Whether the key was created; not, if it is there, or if the upload is gone (which is how a lost yes looks).

    ``ask`` sends a request, again if need be. Nothing is half there: what fails is aborted. Parts that a killed
    process leaves are invisible and cost room until the bucket's rule for incomplete uploads removes them.
    """
    upload = {"Bucket": bucket, "Key": name}
    upload["UploadId"] = ask(partial(_begun, client, upload, marks))
    created: bool = False
    try:
        size = max(_PART, -(-len(data) // _MOST_PARTS))
        parts = [
            _part(client, upload, number, data[start : start + size], ask)
            for number, start in enumerate(range(0, len(data), size), 1)
        ]
        finish = {"MultipartUpload": {"Parts": parts}, "IfNoneMatch": "*"}
        created = ask(lambda: _published(lambda: client.complete_multipart_upload(**upload, **finish)))
    finally:
        if not created:
            with suppress(*failures()):
                abort = Attempts(Patience(attempts=2, seconds=5))
                abort.of(lambda: client.abort_multipart_upload(**upload), transient)
    return created


def _part(client: Any, upload: Mapping[str, str], number: int, data: bytes, ask: Ask[Any]) -> dict[str, Any]:
    checksum = _checksum(data)
    sent = ask(lambda: client.upload_part(**upload, **_body(data), PartNumber=number, ChecksumSHA256=checksum))
    return {"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum}


def _published(call: Callable[[], object]) -> bool:
    try:
        call()
    except failures() as error:
        if status(error) == 412 or code(error) == "NoSuchUpload":
            return False
        raise
    return True


def _body(data: bytes) -> dict[str, Any]:
    # As a file it is sent piece by piece, each with a time-out of its own; bytes would have to be gone in one of them.
    return {"Body": BytesIO(data), "ContentLength": len(data)}


def _checksum(data: bytes) -> str:
    return b64encode(sha256(data).digest()).decode()
