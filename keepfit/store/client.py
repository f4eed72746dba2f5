"""The one place that makes a client for S3: address, region and credentials are where boto3 finds them.

boto3, and not obstore: obstore was up to three times faster on requests of 2 kB (1 ms instead of 2.4 on loopback, where
a real network adds 10 or more to both) and no faster on 8 MB, but it cannot make the completion of a multipart upload
conditional, and does not say the code of an error. One library for store, sources and credentials is worth that.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from keepfit.errors import ConfigError, Denied, Problem
from keepfit.store.attempts import Patience

_SMALL = 64 * 1024  # bytes
_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")


@dataclass(frozen=True, slots=True)
class S3:
    """A client of boto3, and what may be said of it: the endpoint's host and whose access key this is."""

    client: Any
    host: str
    principal: str


def connect(patience: Patience) -> S3:
    """A client, safe for many threads; does not speak to the endpoint yet.

    Raises
    ------
    Denied
        There are no credentials.
    ConfigError
        What boto3 found (profile, endpoint, region) cannot be used.
    """
    import logging

    import boto3
    from botocore.exceptions import BotoCoreError

    # At DEBUG botocore logs the requests that it signs, and with them session tokens and all that is read and written.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        session = boto3.Session()
        client = _client(session, patience, "auto")
        if not client.meta.endpoint_url.endswith(_AWS) and not _style(session):
            client = _client(session, patience, "path")  # hosts of one's own seldom answer to bucket.host
    except (BotoCoreError, ValueError) as error:
        raise _unusable(type(error).__name__) from error
    try:
        credentials = session.get_credentials()
        principal = f"…{credentials.access_key[-4:]}" if credentials else ""  # asks for a role's key, if it is one
    except BotoCoreError as error:
        raise _nobody(type(error).__name__) from error
    if not principal:
        raise _nobody("none")
    address = urlsplit(client.meta.endpoint_url)
    if address.username or address.password:
        raise _unusable("an endpoint URL with credentials in it")
    return S3(client, address.netloc, principal)


def _client(session: Any, patience: Patience, style: str) -> Any:
    from botocore.config import Config

    config = Config(
        retries={"total_max_attempts": 1},  # Attempts bounds them in time too, and counts them
        connect_timeout=patience.connect,
        read_timeout=patience.silence,
        max_pool_connections=32,
        # Checksums are our own on every version of boto3 and every server: of what is sent, and of what was read.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        **({"s3": {"addressing_style": style}} if style == "path" else {}),
    )
    client = session.client("s3", config=config)
    client.meta.events.register("before-call.s3.PutObject", _unasked)
    return client


def _unasked(params: dict[str, Any], **_: object) -> None:
    """Send what is small at once: to ask whether the server wants it takes as long, or a second if it says nothing."""
    if int(params["headers"].get("Content-Length", 0)) <= _SMALL:
        params["headers"].pop("Expect", None)


def _style(session: Any) -> bool:
    """Whether the profile says itself how to address buckets."""
    scoped = session._session.get_scoped_config().get("s3")
    return isinstance(scoped, dict) and "addressing_style" in scoped


def _unusable(found: str) -> ConfigError:
    return ConfigError(
        Problem(
            "the settings for S3 cannot be used",
            where="environment and profile, as boto3 reads them",
            expected="AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a region, "
            "AWS_ENDPOINT_URL_S3 as http(s)://host:port",
            found=found,
            did="sent nothing",
        )
    )


def _nobody(found: str) -> Denied:
    return Denied(
        Problem(
            "there are no credentials for S3",
            where="environment, profile and instance, as boto3 looks for them",
            expected="an access key or a role",
            found=found,
            did="sent nothing",
            do="log in, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    )
