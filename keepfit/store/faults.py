"""What S3 and the network between can answer, and how that is told: by kind, never in words that may hold a secret."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from keepfit.errors import Denied, InfrastructureError, IntegrityError, KeepfitError, Missing, Problem
from keepfit.store.attempts import Attempts
from keepfit.store.client import S3

T = TypeVar("T")

_PASSING_STATUS = {429, 500, 502, 503, 504}
_PASSING_CODE = {
    *("SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "Throttling", "ThrottlingException"),
    *("RequestLimitExceeded", "TooManyRequests", "OperationAborted", "ConditionalRequestConflict"),
    *("BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"),
    "MalformedXML",  # botocore writes it well
}
_RIGHTS = {
    "read": ("s3:GetObject", "s3:ListBucket"),
    "write": ("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"),
    "list": ("s3:ListBucket",),
}
_AGAIN = "log in again, or renew the credentials, then run the same command again"
_ADVICE = {
    **dict.fromkeys(("ExpiredToken", "TokenRefreshRequired", "CredentialRetrievalError", "NoCredentialsError"), _AGAIN),
    **dict.fromkeys(("TokenRetrievalError", "UnauthorizedSSOTokenError", "SSOTokenLoadError"), _AGAIN),
    "InvalidToken": "see that AWS_SESSION_TOKEN belongs to the access key",
    "InvalidAccessKeyId": "see that the access key belongs to this endpoint",
    "SignatureDoesNotMatch": "see that AWS_SECRET_ACCESS_KEY belongs to the access key; if this comes and goes, "
    "something on the way alters requests",
    "RequestTimeTooSkewed": "set the clock of this machine",
    "AuthorizationHeaderMalformed": "see that AWS_REGION is the region of the bucket",
    "PermanentRedirect": "see that AWS_REGION is the region of the bucket",
    "NotImplemented": "give another store: this server cannot do what Keepfit needs of one",
}


_OFTEN = 1000  # attempts: as many as there is patience for
_ALTERED = 5  # and for bytes: those that a network damages come right sooner, those that a disk damages never


class Altered(Exception):
    """What arrived is not what was written."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of S3: ``verb`` is read, write or list; ``name`` the key with the prefix of the store."""

    verb: str
    bucket: str
    name: str
    s3: S3

    @property
    def where(self) -> str:
        """Bucket, key, endpoint and principal."""
        return f"s3://{self.bucket}/{self.name} at {self.s3.host} as {self.s3.principal}"


def failures() -> tuple[type[Exception], ...]:
    """All that a request can end with, beside an answer."""
    from http.client import HTTPException

    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    return (ClientError, BotoCoreError, ResponseParserError, HTTPError, HTTPException, OSError, Altered)


def status(error: Exception) -> int:
    """The HTTP status of an answer that is an error; 0 where there was no answer."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code(error: Exception) -> str:
    """What S3 calls the error, such as NoSuchKey; "" where there was no answer."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def worth(error: Exception) -> int:
    """How many attempts it is worth to try a request that fails so: a server comes back, bytes seldom heal."""
    if not transient(error):
        return 1
    return _ALTERED if _not_itself(error) else _OFTEN


def transient(error: Exception) -> bool:
    """Whether the same request may succeed later."""
    from botocore.exceptions import BotoCoreError, ClientError, SSLError

    if isinstance(error, ClientError):
        return status(error) in _PASSING_STATUS or code(error) in _PASSING_CODE
    if isinstance(error, SSLError):
        return "CERTIFICATE" not in str(error).upper()
    if isinstance(error, BotoCoreError):
        return isinstance(error, _passing())
    return isinstance(error, failures())


def _passing() -> tuple[type[Exception], ...]:
    from botocore import exceptions

    return (
        exceptions.ConnectionError,
        exceptions.HTTPClientError,
        exceptions.IncompleteReadError,
        exceptions.ChecksumError,
        exceptions.FlexibleChecksumError,
    )


def answered(asked: Asked, call: Callable[[], T], attempts: Attempts) -> T:
    """What ``call`` returns, tried again if that may help; how it fails is told to a person.

    Raises
    ------
    Missing
        There is no such key.
    IntegrityError
        What came is not what was written, every time.
    InfrastructureError
        The server refuses, or does not answer in time.
    """
    try:
        return attempts.of(call, worth)
    except failures() as error:
        raise told(error, asked, attempts) from error


def told(error: Exception, asked: Asked, attempts: Attempts) -> KeepfitError:
    """The failure of an operation, for a person."""
    tried = f"{attempts.made} attempt{'s' if attempts.made > 1 else ''} in {attempts.took:.1f} s"
    if altered := _not_itself(error):
        return _altered(altered, asked, tried)
    if code(error) == "NoSuchKey":
        return Missing(Problem("a key is not in the store", where=asked.where, expected=asked.name, found="nothing"))
    if code(error) == "NoSuchBucket":
        return _no_bucket(asked)
    if transient(error):
        return _unanswered(error, asked, tried)
    return _denied(error, asked)


def _not_itself(error: Exception) -> Altered | None:
    """What is wrong with an answer that came; a connection that broke is another matter."""
    if type(error).__name__ in {"ResponseStreamingError", "IncompleteReadError"} and "IncompleteRead" in repr(error):
        return Altered("an answer as long as promised", "its end before that")
    return error if isinstance(error, Altered) else None


def _altered(error: Altered, asked: Asked, tried: str) -> IntegrityError:
    return IntegrityError(
        Problem(
            "what S3 hands out is not what was written",
            where=asked.where,
            expected=error.expected,
            found=error.found,
            did=f"fetched it again, {tried}, and did not use it",
            do="see what stands between Keepfit and S3; if nothing does, restore this key from a backup and run "
            "`keepfit verify`",
        )
    )


def _no_bucket(asked: Asked) -> Denied:
    return Denied(
        Problem(
            f"there is no bucket {asked.bucket}",
            where=asked.where,
            expected="a bucket that was made before",
            found="NoSuchBucket",
            did="changed nothing",
            do="make the bucket, or see that store and endpoint are the ones you mean",
        )
    )


def _unanswered(error: Exception, asked: Asked, tried: str) -> InfrastructureError:
    unknown = asked.verb == "write"
    return InfrastructureError(
        Problem(
            f"S3 could not {asked.verb}: {_kind(error)}",
            where=asked.where,
            found=f"{tried}, the last one: {_kind(error)}",
            did="gave up; it may or may not be written, which the same command finds out" if unknown else "gave up",
            do="see that the endpoint can be reached and is well, then run the same command again",
        )
    )


def _denied(error: Exception, asked: Asked) -> Denied:
    needs = f"{' and '.join(_RIGHTS[asked.verb])} on bucket {asked.bucket} and what is in it"
    advice = f"give {asked.s3.principal} the right {needs}, or use other credentials"
    if status(error) != 403:
        advice = "see that the endpoint is one of S3, and that nothing on the way alters requests"
    return Denied(
        Problem(
            f"S3 refuses to {asked.verb}: {_kind(error)}",
            where=asked.where,
            expected=needs if status(error) == 403 else "",
            found=_kind(error),
            did="did not try again, since the answer would be the same",
            do=_ADVICE.get(code(error) or type(error).__name__, advice),
        )
    )


def _kind(error: Exception) -> str:
    """An error in our words: those of a server or a library may repeat a header, a URL or a token."""
    if number := status(error):
        known = {each.value: each.phrase for each in HTTPStatus}
        name = code(error)
        return f"{number} {name if name.isalnum() and not name.isdigit() else known.get(number, 'error')}"
    name = type(error).__name__
    return _WORDS.get(name, name)


_WORDS = {
    "TimeoutError": "no end of the answer before the deadline",
    "ReadTimeoutError": "no answer in time",
    "ConnectTimeoutError": "no connection in time",
    "EndpointConnectionError": "no connection",
    "ConnectionClosedError": "the connection was closed without an answer",
    "ProxyConnectionError": "no connection to the proxy",
    "ResponseStreamingError": "the connection broke in the middle of the answer",
    "ConnectionResetError": "the connection was reset",
    "ResponseParserError": "an answer that is not S3's",
    "SSLError": "no secure connection: the certificate is not trusted, or it broke",
    "CredentialRetrievalError": "no credentials could be fetched",
    "NoCredentialsError": "no credentials",
}
