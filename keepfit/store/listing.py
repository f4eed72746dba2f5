"""What a bucket lists, page by page; a list that does not say how it goes on is an error, and not its end."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from keepfit.store.attempts import Attempts, Patience
from keepfit.store.client import S3
from keepfit.store.faults import Altered, Asked, answered

PAGE = 1000


def listed(s3: S3, bucket: str, start: str, patience: Patience, size: int = PAGE) -> Iterator[dict[str, Any]]:
    """What is said of each key that begins with ``start``, in the order of the server; ``size`` keys a request.

    Raises
    ------
    IntegrityError
        The list is not one of these keys, or does not say how it goes on.
    InfrastructureError
        The server refuses, or does not answer in time.
    """
    asked, gone_on = Asked("list", bucket, start, s3), [""]
    while True:
        page = answered(asked, partial(_page, asked, size, gone_on), Attempts(patience))
        yield from page.get("Contents", ())
        if not page.get("IsTruncated"):
            return
        gone_on.append(page["NextContinuationToken"])


def _page(asked: Asked, size: int, gone_on: list[str]) -> dict[str, Any]:
    """One page; ``gone_on`` are the marks of where the list went on so far, this page's last."""
    token = {"ContinuationToken": gone_on[-1]} if gone_on[-1] else {}
    page: dict[str, Any] = asked.s3.client.list_objects_v2(
        Bucket=asked.bucket, Prefix=asked.name, MaxKeys=size, **token
    )
    for found in page.get("Contents", ()):
        if not found["Key"].startswith(asked.name):
            raise Altered(f"keys that begin with {asked.name}", found["Key"])
    if page.get("IsTruncated") and not page.get("NextContinuationToken"):
        raise Altered("where the list goes on", "only that it does")
    if page.get("NextContinuationToken") in gone_on:
        raise Altered("where the list goes on", "where it went on before")
    return page
