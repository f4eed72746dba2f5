"""Bytes by key, create-only.

Guarantees: nothing is ever overwritten or half there; what ``create`` returned from survives a power cut; of several
processes that create the same key exactly one succeeds; an object is what its name says, or it is not handed out.
"""

from keepfit.store.address import open_store
from keepfit.store.ahead import ahead
from keepfit.store.bucket import Bucket
from keepfit.store.cache import Cached, uncached
from keepfit.store.delivered import Delivered, Object
from keepfit.store.directory import Directory
from keepfit.store.keys import object_key
from keepfit.store.objects import get, get_many, publish, put
from keepfit.store.store import Store

__all__ = [
    "Bucket",
    "Cached",
    "Delivered",
    "Directory",
    "Object",
    "Store",
    "ahead",
    "get",
    "get_many",
    "object_key",
    "open_store",
    "publish",
    "put",
    "uncached",
]
