"""A prediction log in a folder: what is put there, and what a reader then finds in the store."""

from datetime import UTC, datetime, timedelta

from keepfit.serving.log import Prediction, predictions

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FOREVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
LOG_OF = "parcel_late"


def prediction(number, worker="w", at=NOON, **other):
    """One whose every field follows from its id, so that a torn or mixed one is seen."""
    given = {
        "id": f"{worker}-{number}",
        "at": at,
        "use_case": LOG_OF,
        "version": number % 3 + 1,
        "digest": f"{number:064x}",
        "role": "champion",
        "record": {"parcel": number, "depot": f"d{number % 7}", "weight": number / 8, "region": None},
        "score": (1 / (number + 2), 1 - 1 / (number + 2)),
        "decision": "late" if number % 2 else None,
        "warnings": ("region: missing",),
        "latency_ms": number / 16,
    }
    return Prediction(**{**given, **other})


def in_store(store, start=NOON - timedelta(days=1), end=NOON + timedelta(days=1), **how):
    """All predictions that are in the store, as rows."""
    return [row for part in predictions(store, LOG_OF, start, end, **how) for row in part.to_pylist()]


def numbers(rows):
    """Their numbers, as they come."""
    return [int(row["id"].rpartition("-")[2]) for row in rows]


def as_it_was(row):
    """Whether a row is, field by field, the one that its id says."""
    import json

    worker, _, number = row["id"].rpartition("-")
    wanted = prediction(int(number), worker, at=row["at"])
    plain = {
        **row,
        "record": json.loads(row["record"]),
        "score": tuple(row["score"]),
        "warnings": tuple(row["warnings"]),
    }
    return Prediction(**plain) == wanted
