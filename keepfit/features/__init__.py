"""From a raw record to the model's numeric matrix, at training and at serving by the same code.

``fit`` learns a JSON state from training rows, ``transform`` applies it; the persisted estimator starts at the matrix.
Nothing here needs pandas or scikit-learn.
"""

from keepfit.features.calendar import local
from keepfit.features.columns import Columns, Levels, from_records, from_table, row_count, slice_rows
from keepfit.features.encoding import Encoding, cross_fitted, fit, kinds_of, plan_of, transform
from keepfit.features.form import Form
from keepfit.features.labels import classes_of, encode_labels
from keepfit.features.plan import Plan
from keepfit.features.target import Target

__all__ = [
    "Columns",
    "Encoding",
    "Form",
    "Levels",
    "Plan",
    "Target",
    "classes_of",
    "cross_fitted",
    "encode_labels",
    "fit",
    "from_records",
    "from_table",
    "kinds_of",
    "local",
    "plan_of",
    "row_count",
    "slice_rows",
    "transform",
]
