"""The two forms of a matrix."""

from typing import Literal

Form = Literal["codes", "dense"]
