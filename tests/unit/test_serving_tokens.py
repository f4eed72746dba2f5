"""Who may ask."""

import pytest

from keepfit.errors import ConfigError
from keepfit.records import sha256
from keepfit.serving.problems import HttpProblem
from keepfit.serving.tokens import see_that_guarded, tokens_of


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens"
    path.write_text(f"# who may ask\n\n{sha256(b'open')} score,read the web shop\n{sha256(b'all')} admin\n")
    return tokens_of(str(path))


@pytest.mark.parametrize(("token", "scope"), [("open", "score"), ("open", "read"), ("all", "label"), ("all", "score")])
def test_a_known_token_opens_its_scopes(tokens, token, scope):
    tokens.see_that_allowed(scope, f"Bearer {token}".encode())


@pytest.mark.parametrize("given", [None, b"", b"Bearer", b"Bearer wrong", b"Basic open", b"open", b"Bearer open open"])
def test_without_a_known_token_nothing_is_answered(tokens, given):
    with pytest.raises(HttpProblem) as problem:
        tokens.see_that_allowed("score", given)
    assert problem.value.status == 401
    assert "www-authenticate" in problem.value.headers


def test_the_digest_of_a_token_is_no_token(tokens):
    with pytest.raises(HttpProblem, match="unauthorized"):
        tokens.see_that_allowed("score", f"Bearer {sha256(b'open')}".encode())


def test_a_token_without_the_scope_is_forbidden(tokens):
    with pytest.raises(HttpProblem) as problem:
        tokens.see_that_allowed("label", b"Bearer open")
    assert problem.value.status == 403


@pytest.mark.parametrize("text", ["", "# only a comment\n", "secret score\n", f"{'0' * 64}\n",
                                  f"{'0' * 64} everything\n", f"{'0' * 63} score\n"])  # fmt: skip
def test_a_file_that_is_not_one_of_tokens_is_refused(tmp_path, text):
    path = tmp_path / "tokens"
    path.write_text(text)
    with pytest.raises(ConfigError):
        tokens_of(str(path))


def test_a_file_that_is_not_there_is_refused():
    with pytest.raises(ConfigError):
        tokens_of("/nowhere/tokens")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_this_machine_needs_no_token(host):
    see_that_guarded(host, tokens_of(None))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", ""])
def test_beyond_this_machine_tokens_are_needed(host, tokens):
    see_that_guarded(host, tokens)
    with pytest.raises(ConfigError, match="needs tokens"):
        see_that_guarded(host, tokens_of(None))
