"""A bucket's list is whole, or an error: one that does not say how it goes on is neither cut off nor read for ever."""

import pytest

from keepfit.errors import IntegrityError
from keepfit.store import Bucket, Delivered
from keepfit.store.attempts import Patience
from keepfit.store.client import S3

QUICK = Patience(pause=0.001)


class Lists:
    """A client that answers with a page by the token that it is given."""

    def __init__(self, **pages):
        self.pages = {name.removeprefix("_"): page for name, page in pages.items()}
        self.asked = []

    def list_objects_v2(self, *, ContinuationToken="", **_):  # noqa: N803 - boto3's name
        self.asked.append(ContinuationToken)
        return self.pages[ContinuationToken]


def page(*keys, **goes_on):
    return {"Contents": [{"Key": key, "ETag": '"e"', "Size": 1} for key in keys], **goes_on}


def found(opened, client):
    vars(opened)["_s3"] = S3(client, "host:1", "…1234")
    return opened.list("") if isinstance(opened, Bucket) else [each.key for each in opened.objects("")]


BOTH = pytest.mark.parametrize("kind", [Bucket, Delivered])


@BOTH
def test_pages_follow_each_other(kind):
    client = Lists(_=page("a", "b", IsTruncated=True, NextContinuationToken="t"), t=page("c", IsTruncated=False))
    assert found(kind("flights", patience=QUICK), client) == ["a", "b", "c"]
    assert client.asked == ["", "t"]


@BOTH
@pytest.mark.parametrize(
    "pages",
    [
        {"_": page("a", IsTruncated=True)},
        {"_": page("a", IsTruncated=True, NextContinuationToken="")},
        {"_": page("a", IsTruncated=True, NextContinuationToken="t"), "t": page("b", IsTruncated=True)},
        {
            "_": page("a", IsTruncated=True, NextContinuationToken="t"),
            "t": page("b", IsTruncated=True, NextContinuationToken="t"),
        },
        {
            "_": page("a", IsTruncated=True, NextContinuationToken="t"),
            "t": page("b", IsTruncated=True, NextContinuationToken="u"),
            "u": page("c", IsTruncated=True, NextContinuationToken="t"),
        },
    ],
    ids=["no token", "an empty token", "no token later", "the same token", "tokens in a circle"],
)
def test_a_list_that_does_not_say_how_it_goes_on_is_an_error(kind, pages):
    client = Lists(**pages)
    with pytest.raises(IntegrityError) as raised:
        found(kind("flights", patience=QUICK), client)
    problem = raised.value.problems[0]
    assert problem.where == "s3://flights/ at host:1 as …1234"
    assert problem.expected == "where the list goes on"
    assert "5 attempts" in problem.did
    assert len(client.asked) < 10


@BOTH
def test_keys_that_were_not_asked_for_are_an_error(kind):
    opened = kind("flights", patience=QUICK)
    vars(opened)["_s3"] = S3(Lists(_=page("other")), "host:1", "…1234")
    with pytest.raises(IntegrityError, match="keys that begin with a"):
        opened.list("a") if kind is Bucket else list(opened.objects("a"))
