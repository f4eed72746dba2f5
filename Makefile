# Every word works as the first one on a fresh machine that has Python 3.11 or newer (with venv) and make.

PYTHON ?= python3
STORE ?= .keepfit
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: run test test-onnx check bench bench-serving bench-monitor soak requirements clean

run: $(STAMP)  ## the journey of a newcomer: data, a first champion, a challenger judged against it
	$(BIN)/keepfit demo --until 2013-05-01
	$(BIN)/keepfit run flight_delay --as-of 2013-04-01 || [ $$? -eq 5 ]
	$(BIN)/keepfit run flight_delay --as-of 2013-05-01 || [ $$? -eq 5 ]
	$(BIN)/keepfit show flight_delay

test: $(STAMP)  ## every test but the long ones
	$(BIN)/python -m pytest -q -m "not soak" -n 2 --dist loadfile --no-loadscope-reorder

test-onnx: $(STAMP)  ## the same of `keepfit export`, whose extra is 112 MB: installs it (needs an index)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/onnx.txt
	$(BIN)/python -m pytest -q tests/integration/test_onnx.py

check: $(STAMP)  ## style, types, layers, budgets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/architecture

bench: $(STAMP)  ## speed beside the peer or the limit, from one run
	$(BIN)/python -m tests.benchmarks
	$(BIN)/python -m tests.benchmarks.csv_reading
	$(BIN)/python -m tests.benchmarks.contract_validation
	$(BIN)/python -m tests.benchmarks.daily_increment
	$(BIN)/python -m tests.benchmarks.s3_reading
	$(BIN)/python -m tests.benchmarks.json_parquet_reading
	$(BIN)/python -m tests.benchmarks.extract_memory
	$(BIN)/python -m tests.benchmarks.features_speed
	$(BIN)/python -m tests.benchmarks.prediction_log_speed
	$(BIN)/python -m tests.benchmarks.scoring_speed
	$(BIN)/python -m tests.benchmarks.leakage_speed
	$(BIN)/python -m tests.benchmarks.search_cost
	$(BIN)/python -m tests.benchmarks.training_memory
	$(BIN)/python -m tests.benchmarks.interval_speed
	$(BIN)/python -m tests.benchmarks.bootstrap_speed
	$(BIN)/python -m tests.benchmarks.reference_results
	$(BIN)/python -m tests.benchmarks.flights_by_month
	$(BIN)/python -m tests.benchmarks.year_of_looks
	$(BIN)/python -m tests.benchmarks.coverage_simulation

bench-serving: $(STAMP)  ## speed of serving beside a constant, MLflow and BentoML; needs wrk, an index, and a champion in STORE
	$(BIN)/python -m tests.benchmarks.serving_speed $(STORE) flight_delay
	$(BIN)/python -m tests.benchmarks.serving_start $(STORE) flight_delay
	$(BIN)/python -m tests.benchmarks.serving_peers $(STORE) flight_delay

bench-monitor: $(STAMP)  ## watching beside Evidently and NannyML, what Prefect adds, ten million rows, alarm rates; needs an index
	$(BIN)/python -m tests.benchmarks.monitor_peers
	$(BIN)/python -m tests.benchmarks.monitor_prefect
	$(BIN)/python -m tests.benchmarks.monitor_memory
	$(BIN)/python -m tests.benchmarks.monitor_memory --served
	$(BIN)/python -m tests.benchmarks.monitor_labels
	$(BIN)/python -m tests.benchmarks.alarm_rates
	$(BIN)/python -m tests.benchmarks.bikes_year
	$(BIN)/python -m tests.benchmarks.alarm_simulation

soak: $(STAMP)  ## what takes long: kills, overload, swaps, a fuzzer for an hour, eight writers on S3
	$(BIN)/python -m pytest -q -m soak

$(STAMP): requirements/all.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/all.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

requirements: $(STAMP)  ## pin again what pyproject.toml asks for (needs an index)
	$(BIN)/uv pip compile pyproject.toml $(COMPILE) --extra demo --extra build -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml $(COMPILE) $(EXTRAS) -o requirements/all.txt
	$(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['onnx'], sep='\n')" \
	  | $(BIN)/uv pip compile - $(COMPILE) -c requirements/all.txt -o requirements/onnx.txt

EXTRAS := --extra demo --extra test --extra reference --extra build --extra dev

COMPILE := -q --universal --no-header --no-annotate --generate-hashes --no-emit-index-url --python-version 3.11

clean:  ## back to a fresh checkout (data/ and .keepfit/ stay)
	rm -rf .venv
