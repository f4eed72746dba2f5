"""MB of the year's tables in pandas (``memory_usage(deep=True)``): ``USE_CASE.yaml AS_OF`` → JSON."""

import json
import os
import sys
from pathlib import Path

import pandas as pd

from keepfit.config import load
from tests.benchmarks.plain_flights import join

use_case = load(Path(sys.argv[1]), os.environ).use_case
joined = join(use_case, pd.Timestamp(sys.argv[2], tz=use_case.data.timezone).tz_convert("UTC"))
flights = pd.concat([pd.read_csv(path) for path in sorted(Path("data/flights").glob("*.csv"))])
tables = {"joined": joined, "flights": flights}
print(json.dumps({name: float(table.memory_usage(deep=True).sum()) / 2**20 for name, table in tables.items()}))
