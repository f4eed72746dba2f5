"""A challenger beside the champion, in a server: a shadow that nobody hears, or a canary with a share of requests.

Guarantees: whatever the challenger does, callers get an answer as if it were not there, or (of a canary) its own; what
it did not answer is logged and counted; this server may stop it, and never promotes it.
"""

from keepfit.serving.rollout.rolling import Rolling
from keepfit.serving.rollout.trial import Trial

__all__ = ["Rolling", "Trial"]
