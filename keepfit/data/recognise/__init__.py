"""What changed upstream without a word: columns renamed, in another unit, gone, new, of another type, emptier.

Pure functions from the statistics of earlier files of a source and those of a new one. How much the earlier files
differ from each other is the measure of what is usual, so that a summer is not taken for another unit.
"""

from keepfit.data.recognise.finding import Finding
from keepfit.data.recognise.readable import as_read, readable
from keepfit.data.recognise.recognised import Hints, recognised

__all__ = ["Finding", "Hints", "as_read", "readable", "recognised"]
