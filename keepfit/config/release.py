"""What a pass does to the champion: replace it at once, or begin a rollout beside it, within limits."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from keepfit.config.section import Section
from keepfit.config.values import Duration, Share


class Release(Section):
    """What a pass does to the champion."""

    strategy: Literal["direct", "shadow", "canary"]
    """`direct`: the version that passed becomes champion at once. `shadow`: servers ask it what they ask the champion,
    log both and answer with the champion's. `canary`: it answers a share of the requests. Of these two, `keepfit
    release` makes champion what stayed within the limits, and servers stop what did not. The first champion, for which
    there is nothing to compare with, is released at once."""
    share: Annotated[Share, Field(gt=0, lt=1)] = 0.1
    """Of a canary: the share of requests that it answers, by a hash of the record's key (without one, of the record),
    so that a key is always answered by the same version."""
    for_: Duration = Field(default=timedelta(days=1), alias="for")
    """How long a shadow or canary runs at least before it can become champion."""
    at_least: Annotated[int, Field(ge=20)] = 200
    """How many predictions a shadow or canary must have made, and the champion beside it, before it can become
    champion."""
    errors_at_most: Share = 0.01
    """The share of the records asked of it to which it may have no finite answer. The caller of a canary then gets the
    champion's."""
    slower_at_most: Annotated[float, Field(ge=1)] = 2.0
    """How many times the champion's median latency its own may be, in what the caller waits (or would)."""
    scores_differ_at_most: Share = 0.2
    """How far its scores may lie from the champion's, from 0 to 1. Of a shadow, on average over the same requests: half
    the sum of the differences of the probabilities; of a regression the difference of ranks among the champion's. Of a
    canary, whose requests are others, the largest difference of the two distributions (Kolmogorov–Smirnov)."""
