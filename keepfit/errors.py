"""Everything Keepfit raises on purpose.

KeepfitError                  catch this to catch them all
├── ConfigError               2  the YAML or the command line asks for what cannot be
├── DataError                 3  the data are not what the YAML promises
├── InfrastructureError       4  disk, network or a server did not do its part
│   ├── Missing                  a key that should be in the store is not there
│   ├── Denied                   a server will not do it, now or later: trying again is no help
│   └── Exists                   create-only: somebody else created this key first
├── Refused                   5  a person asked for a release that the gates or the rules forbid
└── IntegrityError            6  bytes, digests or the ledger do not fit together

A model that its gates refuse in a run is not an error: the verdict is a value, of which the command line makes exit 5.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, told to the person who reads it at night.

    ``what`` is a sentence; ``where`` a file, line, column, row or key; ``did`` what Keepfit did about it; ``do`` what
    to do next. Empty parts are left out when it is shown.
    """

    what: str
    where: str = ""
    expected: str = ""
    found: str = ""
    did: str = ""
    do: str = ""

    def __str__(self) -> str:
        """The block a person sees.

        >>> print(Problem("a share is out of range", where="use_case.yaml:3:9", expected="0 to 1", found="80"))
        a share is out of range
          where     use_case.yaml:3:9
          expected  0 to 1
          found     80
        """
        parts = {
            "where": self.where,
            "expected": self.expected,
            "found": self.found,
            "Keepfit": self.did,
            "do": self.do,
        }
        lines = [f"  {name:<9} {text}" for name, text in parts.items() if text]
        return "\n".join([self.what, *lines])


class KeepfitError(Exception):
    """Base of the tree; carries one problem or several that were found together."""

    exit_code = 4

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class ConfigError(KeepfitError):
    """The YAML or the command line asks for what cannot be."""

    exit_code = 2


class DataError(KeepfitError):
    """The data are not what the YAML promises."""

    exit_code = 3


class InfrastructureError(KeepfitError):
    """Disk, network or a server did not do its part."""

    exit_code = 4


class Missing(InfrastructureError):
    """A key that should be in the store is not there."""


class Denied(InfrastructureError):
    """A server will not do it, now or later: no right, no bucket, no create-only writes; trying again is no help."""


class Exists(InfrastructureError):
    """Create-only: somebody else created this key first."""


class Refused(KeepfitError):
    """A person asked for a release that the gates or the rules forbid."""

    exit_code = 5


class IntegrityError(KeepfitError):
    """Bytes, digests or the ledger do not fit together."""

    exit_code = 6
