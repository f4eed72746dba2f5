"""A small use case to plant faults in: two months of parcels, of which heavy and far ones come late more often."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from keepfit.config import understand
from keepfit.records import Moment
from keepfit.selftest import prepare
from keepfit.store import open_store

START = datetime(2024, 3, 1, tzinfo=UTC)
DAYS, PER_DAY = 60, 50
MOMENT = Moment(as_of=START + timedelta(days=DAYS + 1), started=START + timedelta(days=400))
GUARDED = """
name: parcel_late
description: Will a parcel arrive late?
owner: logistics
task: binary
data:
  sources: {parcels: {kind: files, path: parcels.csv}}
  key: [id]
  event_time: sent_at
  label: {column: late, known_after: 1d, missing_at_most: 5%}
  freshness: 7d
contract:
  columns:
    id: {type: text}
    sent_at: {type: time}
    depot: {type: category, values: [north, south]}
    weight: {type: float, min: 0, max: 40}
    distance: {type: float, min: 0, max: 2000}
    late: {type: bool}
  quarantine_at_most: 1%
expectations:
  - expect_table_row_count_to_be_between: {min_value: 1000}
features: {depot: category, weight: number, distance: number}
split: {by: time, holdout: 30d}
train: {candidates: [logistic_regression], folds: 3, seed: 7}
gates:
  - {metric: roc_auc, at_least: 0.65}
  - {metric: roc_auc, at_least: 0.6, by: depot}
  - {metric: log_loss, better_than: naive}
  - {metric: log_loss, not_worse_than: champion, margin: 20% of naive gain}
  - {calibration: 0.1}
  - {parity: 1e-9}
"""


def write_parcels(root: Path) -> None:
    rng = np.random.default_rng(3)
    lines = ["id,sent_at,depot,weight,distance,late"]
    for number in range(DAYS * PER_DAY):
        at = START + timedelta(days=number // PER_DAY, minutes=number % PER_DAY * 17)
        weight, distance = rng.uniform(1, 30), rng.uniform(10, 1500)
        odds = -2.2 + 0.09 * (weight - 15) + 0.0025 * (distance - 500)
        late = str(bool(rng.random() < 1 / (1 + np.exp(-odds)))).lower()
        depot = "north" if rng.random() < 0.7 else "south"
        lines.append(f"p{number:05d},{at:%Y-%m-%dT%H:%M:%SZ},{depot},{weight:.2f},{distance:.1f},{late}")
    (root / "parcels.csv").write_text("\n".join(lines) + "\n")


def use_case(text: str = GUARDED):
    return understand(text.encode(), Path("parcel_late.yaml"), {}).use_case


def bench_of(root: Path, text: str = GUARDED):
    if not (root / "parcels.csv").exists():
        write_parcels(root)
    return prepare(open_store(str(root / "scratch")), use_case(text), MOMENT, root)


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text
