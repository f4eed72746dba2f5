"""Arrays in one column of a file: read by element, and refused by row, column and place."""

import io
import json

import numpy as np
import pyarrow as pa
import pytest
from data_world import World, use_case
from reader_samples import parquet

from keepfit import features
from keepfit.data.mapping.arrays import spread
from keepfit.data.readers import parquet as parquet_reader

IMAGES = [[float(4 * row + place) for place in range(4)] for row in range(6)]
KINDS = {
    "list": pa.list_(pa.float64()),
    "large list": pa.large_list(pa.float32()),
    "fixed size list": pa.list_(pa.int64(), 4),
}
PIXELS = {"type": "float", "min": 0, "max": 100}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def images(**changes):
    return use_case(
        contract__columns={"image[{0..3}]": PIXELS | changes, "late": {"type": "bool"}},
        features={"image[{0..3}]": ["number"]},
    )


def rows_with(images):
    return {
        "id": [f"r{row}" for row in range(len(images))],
        "when_at": [f"2020-01-0{1 + row}T00:00:00Z" for row in range(len(images))],
        "image": images,
        "late": [row % 2 == 0 for row in range(len(images))],
    }


def as_jsonl(images):
    columns = rows_with(images)
    return "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in zip(*columns.values()))  # noqa: B905


def as_parquet(images, kind):
    return parquet(pa.table(rows_with(images) | {"image": pa.array(images, kind)}))


def matrix_of(table, case):
    table = table.sort_by("id")
    read = features.from_table(table, features.kinds_of(case.features))
    return np.column_stack([read[f"image[{place}]"] for place in range(4)])


def refused(world, case):
    told = world.quarantine(world.validate(case))
    return sorted((row["_file"], row["_row"], tuple(row["_reasons"])) for row in told)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_list_of_parquet_is_read_as_a_column_for_each_element(world, kind):
    world.write("a.parquet", as_parquet(IMAGES, kind))
    assert matrix_of(world.table(images()), images()).tolist() == IMAGES


def test_an_array_of_json_lines_is_too_and_whole_numbers_may_stand_beside_others(world):
    world.write("a.jsonl", as_jsonl([[1, 2.5, 0, 1e1], *IMAGES[1:]]))
    assert matrix_of(world.table(images()), images()).tolist() == [[1, 2.5, 0, 10], *IMAGES[1:]]
    assert refused(world, images()) == []


def test_an_array_of_another_length_refuses_its_row(world):
    world.write("a.jsonl", as_jsonl([IMAGES[0], IMAGES[1][:3], [*IMAGES[2], 5], *IMAGES[3:]]))
    world.write("b.parquet", parquet(pa.table(rows_with([*IMAGES[:5], []]) | {"id": [f"p{row}" for row in range(6)]})))
    assert refused(world, images()) == [
        ("data/a.jsonl", 2, ("image: expected an array of 4 numbers, found one of 3",)),
        ("data/a.jsonl", 3, ("image: expected an array of 4 numbers, found one of 5",)),
        ("data/b.parquet", 6, ("image: expected an array of 4 numbers, found one of 0",)),
    ]


def test_a_wrong_element_is_named_by_its_place(world):
    world.write("a.jsonl", as_jsonl([*IMAGES[:4], [1, "x", 3, True], [1, 2, [3], 101]]))
    (_, fifth, first), (_, sixth, second) = refused(world, images())
    assert (fifth, sixth) == (5, 6)
    assert [reason.partition(":")[0] for reason in first] == ["image[1]", "image[3]"]
    assert [reason.partition(":")[0] for reason in second] == ["image[2]"]


def test_an_element_out_of_range_or_missing_breaks_the_contract_at_its_place(world):
    world.write("a.jsonl", as_jsonl([*IMAGES[:4], [1, 2, 3, 101], [1, None, 3, 4]]))
    told = refused(world, images())
    assert [(row, [reason.split()[0].rstrip(":") for reason in reasons]) for _, row, reasons in told] == [
        (5, ["image[3]"]),
        (6, ["image[1]"]),
    ]


@pytest.mark.parametrize("odd", [None, 7, "no array", {"a": 1}])
def test_what_is_no_array_refuses_its_row(world, odd):
    world.write("a.jsonl", as_jsonl([*IMAGES[:5], odd]))
    ((_, row, reasons),) = refused(world, images())
    assert row == 6
    assert reasons[0].startswith("image")


def test_no_array_at_all_is_a_missing_value_of_each_element(world):
    world.write("a.jsonl", as_jsonl([*IMAGES[:5], None]))
    matrix = matrix_of(world.table(images(nullable=True)), images(nullable=True))
    assert np.isnan(matrix[5]).all()
    assert matrix[:5].tolist() == IMAGES[:5]


def test_infinity_and_nan_are_no_numbers_in_an_array_either(world):
    world.write(
        "a.parquet", as_parquet([*IMAGES[:4], [1.0, float("inf"), 3.0, 4.0], [float("nan"), 2.0, 3.0, 4.0]], None)
    )
    told = refused(world, images())
    assert [(row, reasons[0].partition(":")[0].split()[0]) for _, row, reasons in told] == [
        (5, "image[1]"),
        (6, "image[0]"),
    ]


def test_texts_that_are_arrays_only_together_are_none(world):
    texts = ["[1,2,3,4]", "[1,2", "3,4]", *["[1,2,3,4]"] * 3]
    columns = rows_with(texts)
    lines = (",".join(f'"{cell}"' for cell in row) for row in zip(*columns.values(), strict=True))
    world.write("a.csv", lines, head=",".join(columns))
    assert [row for _, row, _ in refused(world, images())] == [2, 3]


def test_an_array_that_nobody_declares_stays_out_of_the_rows(world):
    world.write("a.jsonl", as_jsonl(IMAGES))
    case = use_case(contract__columns={"late": {"type": "bool"}}, features={"when_at": ["hour"]})
    assert refused(world, case) == []
    assert not [name for name in world.table(case).column_names if name.startswith("image[")]


def test_infinity_is_no_missing_value_where_elements_may_be_missing(world):
    world.write("a.parquet", as_parquet([*IMAGES[:5], [1.0, float("inf"), 3.0, 4.0]], None))
    ((_, row, reasons),) = refused(world, images(nullable=True))
    assert (row, [reason.partition(":")[0] for reason in reasons]) == (6, ["image[1]"])


def test_rows_with_a_wrong_element_and_rows_without_an_array_come_in_their_order(world):
    world.write("a.jsonl", as_jsonl([IMAGES[0], [1, 2], [1, "x", 3, 4], [], [1, 2, 3, "y"], *IMAGES[3:]]))
    told = world.quarantine(world.validate(images()))
    assert [row["_row"] for row in told] == [2, 3, 4, 5]
    assert [row["_reasons"][0].partition(":")[0] for row in told] == ["image", "image[1]", "image", "image[3]"]
    assert len(world.table(images())) == 4


def test_a_column_that_is_declared_as_it_stands_is_left_alone():
    raw = pa.table({"image": ["[1]"], "_row": [1]})
    assert spread(raw, ["image", "image[0]"]).table == raw
    assert spread(raw, ["image[0]"]).table.to_pylist() == [{"image[0]": 1, "_row": 1}]


def test_long_arrays_are_read_few_rows_at_a_time(monkeypatch):
    monkeypatch.setattr(parquet_reader, "_AT_ONCE", 1 << 16)
    data = parquet(pa.table({"image": pa.array([[0.5] * 100] * 1000)}), compression="none", use_dictionary=False)
    batches = list(parquet_reader._opened(io.BytesIO(data), "a.parquet"))
    assert sum(batch.num_rows for batch in batches) == 1000
    assert max(batch.nbytes for batch in batches) < 1 << 17
