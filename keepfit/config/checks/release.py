"""Release: which words belong to which strategy."""

from collections.abc import Iterator

from keepfit.config.document import Finding
from keepfit.config.model import UseCase


def words_fit_the_strategy(use_case: UseCase) -> Iterator[Finding]:
    """A direct release has neither duration nor limits, and only a canary answers a share of the requests."""
    release = use_case.release
    said = {release.__class__.model_fields[name].alias or name for name in release.model_fields_set - {"strategy"}}
    if release.strategy == "direct":
        for name in sorted(said):
            what = f"`release.{name}` means nothing where `release.strategy` is direct"
            yield Finding(("release", name), what, do=f"leave `{name}` out, or write `strategy: canary` or `shadow`")
    elif release.strategy == "shadow" and "share" in said:
        what = "`release.share` is of a canary: a shadow is asked about every record"
        yield Finding(("release", "share"), what, do="leave `share` out, or write `strategy: canary`")
