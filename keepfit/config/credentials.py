"""Secrets that stand in a file: refused before anything else is said about it, and never repeated.

A file is kept, copied and shown; so a secret belongs in the environment. Only the well-known shapes are seen here.
"""

import re
from typing import Any

from keepfit.config.document import Finding, Path, walk

_KEY_WORDS = ("password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "privatekey", "credential")
_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", re.ASCII)
# what stands in for a reference while the shapes are looked for: no shape can hold it
_FILLED = "\x00"
_SHAPES = re.compile(
    r"""
      [a-z][a-z0-9+.-]*://[^\s/@:\x00]*:(?![0-9]+/)[^\s@\x00]+@         # user:password@ in an address
    | [?&;](access_token|token|sig|signature|api_?key|password)=[^&\s\x00]{4,}
    | \b(password|passwd|pwd|accountkey|aws_secret_access_key)\s*=\s*['"]?[^\s'";&\x00]{3,}
    | \bAKIA[0-9A-Z]{16}\b                                              # an AWS access key
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bxox[abpr]-[A-Za-z0-9-]{10,} | \beyJ[\w-]{10,}\.eyJ[\w-]{10,}
    | -----BEGIN[ A-Z]*PRIVATE[ ]KEY-----
    """,
    re.VERBOSE | re.IGNORECASE,
)


def literal_secrets(tree: Any) -> list[Finding]:
    """A finding, without the secret, for every part that is one.

    >>> [finding.path for finding in literal_secrets({"a": "postgres://me:hunter2@host/db", "b": "s3://bucket/x"})]
    [('a',)]
    """
    return [
        Finding(
            path,
            "a secret stands in the file",
            expected="an environment reference without a default, `${NAME}`",
            found="a secret (not shown)",
            do="use an environment variable reference, remove the secret from the history of the file, and replace it",
        )
        for path, node in walk(tree)
        if _is_secret(path, node)
    ]


def _is_secret(path: Path, node: Any) -> bool:
    if isinstance(node, bool) or not isinstance(node, str | int | float):
        return False
    filled = _REFERENCE.sub(_FILLED, str(node))
    return bool(_SHAPES.search(filled)) or (_names_secret(path) and filled.strip(_FILLED) != "")


def _names_secret(path: Path) -> bool:
    """Whether the key says that the value is secret; a column may be called anything."""
    if not path or not isinstance(path[-1], str) or path[0] == "features" or "columns" in path:
        return False
    squeezed = re.sub(r"[^a-z0-9]", "", path[-1].lower())
    return any(word in squeezed for word in _KEY_WORDS)
