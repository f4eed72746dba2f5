"""The benchmarks of watching still run, on few rows: our own side, which needs no index and no server."""

from tests.benchmarks import monitor_labels, monitor_peers


def test_our_side_of_the_comparison_with_peers(tmp_path):
    import pyarrow.parquet as pq

    for name, seed, shift, days in (("before", 1, 0.0, 180), ("now", 2, 0.3, 7)):
        pq.write_table(monitor_peers.rows(seed, shift, days, 8_000), tmp_path / f"{name}.parquet")
    told = monitor_peers.ours(tmp_path)
    assert 0.7 < told["roc_auc"] < 0.8
    assert 0.65 < told["accuracy"] < 0.75
    assert all(told[name] > 0 for name in ("drift", "estimate", "all"))


def test_what_labels_cost():
    told = monitor_labels.once(2 * monitor_labels.PART, labelled=True)
    assert told["count"] > 0
    assert told["ask"] > 0
