"""Where data come from."""

import re
from collections.abc import Iterator

from keepfit.config.document import Finding
from keepfit.config.model import UseCase
from keepfit.config.suggest import listed

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.", re.ASCII)


def several_sources_need_a_query(use_case: UseCase) -> Iterator[Finding]:
    """Nobody but the use case can say how its tables go together."""
    data = use_case.data
    if len(data.sources) > 1 and data.query is None:
        what = "`data.sources` holds several sources and `data.query` does not say how they go together"
        yield Finding(("data", "sources"), what, "one source, or a `query`", listed(data.sources), "write `data.query`")


def kind_fits_the_path(use_case: UseCase) -> Iterator[Finding]:
    """A path on this machine for files, ``s3://bucket/…`` for objects."""
    for name, source in use_case.data.sources.items():
        path = ("data", "sources", name, "path")
        if source.kind == "s3" and not _S3.match(source.path):
            yield Finding(path, "not the address of objects in a bucket", "`s3://bucket/prefix/*.csv`")
        if source.kind == "files" and (scheme := _SCHEME.match(source.path)) is not None:
            do = "write `kind: s3`" if scheme[0] == "s3://" else ""
            yield Finding(path, "`kind: files` is for files on this machine", "a path or a glob", do=do)


def marks_can_be_told_apart(use_case: UseCase) -> Iterator[Finding]:
    """A delimiter that is also the quote would leave every field open."""
    for name, source in use_case.data.sources.items():
        if source.dialect.delimiter == source.dialect.quote:
            path = ("data", "sources", name, "dialect", "quote")
            yield Finding(path, "`quote` is the same as `delimiter`", "another character", repr(source.dialect.quote))
