"""What is known of a head, and what is not."""

import pytest

from keepfit.serving.heads import LONGEST, MOST, Heads

HEAD = b"POST /v1/models/visits/predict HTTP/1.1\r\ncontent-length: 4\r\n\r\n"


def test_a_head_is_known_byte_by_byte_with_as_many_bytes_as_it_says():
    heads = Heads()
    assert heads.read(HEAD + b"1234") is None
    heads.learn(HEAD + b"1234", "visits", b"1234")
    assert heads.read(HEAD + b"5678") == (("visits", 4), b"5678")
    for other in (HEAD, HEAD + b"567", HEAD + b"56789", HEAD.upper() + b"5678", HEAD[1:] + b"5678", b"", b"5678"):
        assert heads.read(other) is None


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (HEAD + b"1234" + HEAD + b"1234", b"1234"),  # another behind it
        (HEAD + b"1234", b"12"),  # the parser saw another body
        (b"POST / HTTP/1.1\r\n" + b"x: " + b"y" * LONGEST + b"\r\n\r\n1234", b"1234"),
        (b"\r\n\r\n" + HEAD + b"1234", b"1234"),
    ],
)
def test_what_was_not_one_request_as_a_whole_is_not_learnt(data, body):
    heads = Heads()
    heads.learn(data, "visits", body)
    assert heads.read(data) is None
    assert heads.read(HEAD + b"1234") is None


def test_so_many_heads_are_kept_at_most():
    heads = Heads()
    for number in range(3 * MOST):
        heads.learn(b"x: %d\r\n\r\n" % number, "visits", b"")
    known = sum(heads.read(b"x: %d\r\n\r\n" % number) is not None for number in range(3 * MOST))
    assert 0 < known <= MOST
