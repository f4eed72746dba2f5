"""YAML in, one frozen ``UseCase`` out.

Guarantees: what a file does not say clearly is refused with line and column, all at once; nothing is coerced, nothing
unknown is ignored, no secret is repeated; equal meaning gives an equal digest; importing costs pydantic and ruamel.
"""

from keepfit.config.candidates import CANDIDATES, Kind, Limits
from keepfit.config.gates import AtLeast, AtMost, BetterThan, Gate, NotWorseThan, Parity
from keepfit.config.loading import Loaded, find, load, understand
from keepfit.config.metrics import METRICS, Metric, Task
from keepfit.config.model import UseCase
from keepfit.config.signature import signature_of
from keepfit.config.sources import FileSource
from keepfit.config.standard import default_metric
from keepfit.config.train import Candidate, Choice, Range
from keepfit.config.values import format_duration, parse_duration

__all__ = [
    "CANDIDATES",
    "METRICS",
    "AtLeast",
    "AtMost",
    "BetterThan",
    "Candidate",
    "Choice",
    "FileSource",
    "Gate",
    "Kind",
    "Limits",
    "Loaded",
    "Metric",
    "NotWorseThan",
    "Parity",
    "Range",
    "Task",
    "UseCase",
    "default_metric",
    "find",
    "format_duration",
    "load",
    "parse_duration",
    "signature_of",
    "understand",
]
