"""Where data come from."""

import re
from collections.abc import Iterator

from keepfit.config.document import Finding
from keepfit.config.model import UseCase
from keepfit.config.suggest import listed

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def several_sources_need_a_query(use_case: UseCase) -> Iterator[Finding]:
    """Nobody but the use case can say how its tables go together."""
    data = use_case.data
    if len(data.sources) > 1 and data.query is None:
        what = "`data.sources` holds several sources and `data.query` does not say how they go together"
        yield Finding(("data", "sources"), what, "one source, or a `query`", listed(data.sources), "write `data.query`")


def paths_are_on_disk(use_case: UseCase) -> Iterator[Finding]:
    """Only directories are read by this build, not addresses."""
    for name, source in use_case.data.sources.items():
        if _SCHEME.match(source.path):
            what = "this build does not read such sources yet"
            yield Finding(("data", "sources", name, "path"), what, "a path or a glob on this machine")
