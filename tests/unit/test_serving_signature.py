"""What a version says of the records that it takes."""

import serving_world as world

from keepfit.config import signature_of
from keepfit.records import Signature, canonical, parse
from keepfit.serving import describe


def columns(**changes):
    return {column.name: column for column in signature_of(world.use_case(**changes)).columns}


def test_features_come_first_and_everything_else_may_be_missing():
    found = columns()
    assert list(found) == ["minutes", "guests", "door", "colour", "member", "at", "id", "age"]
    assert [name for name, column in found.items() if not column.nullable] == ["minutes", "door", "member", "at"]
    assert found["at"].roles == ("feature", "event_time")


def test_the_label_is_no_part_of_it():
    assert "back" not in columns(protected={"back": {}})


def test_a_number_made_of_two_columns_is_made_from_these():
    found = columns(features={"per_guest": {"ratio": ["minutes", "guests"]}})
    assert [name for name, column in found.items() if "feature" in column.roles] == ["minutes", "guests"]


def test_it_holds_what_the_contract_says():
    found = columns()
    assert (found["minutes"].min, found["minutes"].max, found["minutes"].unit) == (0, 100, "minute")
    assert found["door"].values == ("north", "south")
    assert not found["door"].unseen_kept
    kept = world.COLUMNS | {"door": {"type": "category", "values": ["north"], "unseen_at_most": "1%"}}
    assert columns(contract={"columns": kept})["door"].unseen_kept


def test_it_comes_back_from_its_bytes():
    signature = signature_of(world.use_case())
    assert parse(canonical(signature), Signature) == signature


def test_a_limit_of_nought_is_told_too():
    told = describe.column(columns()["minutes"])
    assert (told["min"], told["max"], told["nullable"]) == (0, 100, False)
    assert "unseen_kept" not in told
