"""Faults planted into the use case at hand, to see that its gates and rules catch each, and let a good model pass.

Guarantees: everything that judges is the code of a run; nothing but a scratch store is written; the same data and seeds
give the same answer. A bad model is what it answers to the holdout; bad data are what a query makes of the rows.
"""

from keepfit.selftest.bench import Bench, prepare
from keepfit.selftest.data import plant_data
from keepfit.selftest.models import plant_models
from keepfit.selftest.result import result_of

__all__ = ["Bench", "plant_data", "plant_models", "prepare", "result_of"]
