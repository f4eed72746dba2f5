"""A version that has no number yet, asked over HTTP as those that serve are: is it exact, how large, how fast.

Guarantees: what answers is the server of ``keepfit serve`` in a process of its own, with the files of the version and
nothing else; it ends when who asks ends. A server that does not start, or stops, is an error and never an answer.
"""

from keepfit.serving.measure.measure import measure

__all__ = ["measure"]
