"""Who may ask: bearer tokens with scopes, of which the server knows SHA-256 only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, get_args

from keepfit.errors import ConfigError, Problem
from keepfit.records import sha256
from keepfit.serving.problems import HttpProblem

Scope = Literal["score", "label", "read", "admin"]
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})\s+(?P<scopes>[a-z,]+)(\s+(?P<name>.*))?", re.ASCII)
_ABOUT = "lines of `SHA256 SCOPE,… NAME`, where a scope is score, label, read or admin"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Scopes by the SHA-256 of a token; ``admin`` includes all others. Without tokens everybody may ask everything."""

    scopes: Mapping[str, frozenset[str]]

    def see_that_allowed(self, scope: Scope, authorization: bytes | None) -> None:
        """See that a request holds a token with this scope.

        Raises
        ------
        HttpProblem
            401: no token, or one that is not known; 403: one without this scope.
        """
        if not self.scopes:
            return
        kind, _, token = (authorization or b"").partition(b" ")
        known = self.scopes.get(sha256(token.strip())) if kind.lower() == b"bearer" else None
        if known is None:
            headers = {"www-authenticate": 'Bearer realm="keepfit"'}
            raise HttpProblem(401, "unauthorized", "a bearer token is required that this server knows", headers=headers)
        if scope not in known and "admin" not in known:
            raise HttpProblem(403, "forbidden", f"the token lacks the scope {scope}")


def tokens_of(path: str | None) -> Tokens:
    """The tokens of a file; none where no file is named.

    Raises
    ------
    ConfigError
        The file cannot be read, holds no token, or a line is not one.
    """
    if not path:
        return Tokens({})
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(Problem("the file of tokens cannot be read", path, _ABOUT, type(error).__name__)) from None
    found = dict(_token(line.strip(), f"{path}:{number}") for number, line in enumerate(lines, 1) if _says(line))
    if not found:
        raise ConfigError(Problem("the file of tokens holds none", path, _ABOUT, "nothing"))
    return Tokens(found)


def _says(line: str) -> bool:
    return bool(line.strip()) and not line.strip().startswith("#")


def _token(line: str, where: str) -> tuple[str, frozenset[str]]:
    match = _LINE.fullmatch(line)
    scopes = frozenset(match["scopes"].split(",")) if match else frozenset()
    if match is None or not scopes or not scopes <= set(get_args(Scope)):
        raise ConfigError(Problem("a line of the file of tokens is none", where, _ABOUT, "something else"))
    return match["digest"], scopes


def see_that_guarded(host: str, tokens: Tokens) -> None:
    """See that nobody but this machine can ask without a token.

    Raises
    ------
    ConfigError
        The host is not of the loopback, and there are no tokens.
    """
    if tokens.scopes or host == "localhost" or _loopback(host):
        return
    raise ConfigError(
        Problem(
            "a server that other machines can reach needs tokens",
            where=f"--host {host}",
            expected="a loopback address, or KEEPFIT_TOKENS=FILE with " + _ABOUT,
            found="no KEEPFIT_TOKENS",
            did="started nothing",
            do="write `printf %s TOKEN | sha256sum` of a random token and its scopes into a file",
        )
    )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
