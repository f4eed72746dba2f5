"""Labels that the sources know of rows that were served: by key, whatever the parts of both are."""

import pyarrow as pa
from batch_world import use_case
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepfit.data.tables import put_table
from keepfit.monitor.labels import with_source_labels
from keepfit.store import open_store

KEYS = st.sampled_from([None, "a", "b", "c", "d", "e"])
SERVED = st.lists(st.tuples(KEYS, st.sampled_from([None, "true", "false"])), max_size=12)
KNOWN = st.lists(st.tuples(KEYS, st.sampled_from([None, True, False])), max_size=12)


def stored(store, rows, kind, cut):
    names = pa.schema([("id", pa.string()), ("back", kind)])
    whole = pa.table([list(each) for each in zip(*rows, strict=True)] if rows else [[], []], schema=names)
    return [put_table(store, each) for each in (whole.slice(0, cut), whole.slice(cut))]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(served=SERVED, known=KNOWN, cuts=st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_a_row_has_its_own_label_or_the_first_that_the_sources_know_of_its_key(tmp_path, served, known, cuts):
    store = open_store(str(tmp_path / "store"))
    parts = stored(store, served, pa.string(), cuts[0]), stored(store, known, pa.bool_(), cuts[1])
    found = [row for table in with_source_labels(store, use_case(tmp_path), *parts) for row in table.to_pylist()]
    first = {}
    for key, label in known:
        if key is not None and label is not None:
            first.setdefault(key, str(label).lower())
    wanted = [(key, own if own is not None else first.get(key)) for key, own in served]
    assert [(row["id"], row["back"]) for row in found] == wanted
