"""What a stage has computed once is not computed again, by this process or another, today or after kill -9.

A memo is create-only: of two processes that compute the same, both go on with the record of the one that was first.
"""

from keepfit.memo.code import code_digest, requirements_digest
from keepfit.memo.memo import Memo, recorded, remembered, unwrap

__all__ = ["Memo", "code_digest", "recorded", "remembered", "requirements_digest", "unwrap"]
