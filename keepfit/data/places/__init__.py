"""Where files lie: which there are, how to see without reading whether one changed, and how to read one.

What is parsed is what was hashed: a file that changes meanwhile is read again, and one that does not come to rest is an
error.
"""

from pathlib import Path

from keepfit.config.sources import FileSource
from keepfit.data.places.bucket import InBucket
from keepfit.data.places.found import Found, Place, Read
from keepfit.data.places.local import Local

__all__ = ["Found", "InBucket", "Local", "Place", "Read", "place"]


def place(source: FileSource, root: Path) -> Place:
    """The place of a source; ``root`` is the folder that paths are relative to."""
    return InBucket(source.path) if source.kind == "s3" else Local(root, source.path)
