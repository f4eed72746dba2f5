"""What mapping and types do to a sample of every source; nothing is written anywhere.

The first rows of the first, the middle and the newest file are read as a run would read them.
"""

from keepfit.data.preview.records import Became, Mapped, Refusal, SampledFile, SourcePreview
from keepfit.data.preview.sample import Sample, examples, sample

__all__ = ["Became", "Mapped", "Refusal", "Sample", "SampledFile", "SourcePreview", "examples", "sample"]
