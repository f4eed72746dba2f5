"""What the table as a whole must satisfy: asked of its profile where that knows, of Great Expectations otherwise.

Five things are told apart: an expectation that does not exist or has wrong arguments (ConfigError), one that crashed
and so says nothing, one that failed, one that passed, and one that was skipped because there is nothing to compare
with. A crash counts as a fail. What a fail does is its severity: it stops the run, holds the release, or warns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from keepfit.config.checks.expectations import wrong
from keepfit.config.document import Finding, shown_path
from keepfit.config.expectations import Asked, Kind, asked, columns_of, kinds
from keepfit.errors import ConfigError, Problem
from keepfit.profile import Profile
from keepfit.records import Expectation, Moment
from keepfit.validate.expect.distribution import expect_distribution
from keepfit.validate.expect.facts import AcceptedProfile, Facts, Seen
from keepfit.validate.expect.freshness import expect_freshness
from keepfit.validate.expect.great import great
from keepfit.validate.expect.known import known
from keepfit.validate.expect.quantile import expect_quantile
from keepfit.validate.expect.share import expect_share
from keepfit.validate.expect.volume import expect_rows

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["OWN", "AcceptedProfile", "held", "judged", "stops", "warned"]

Rules = Sequence[Mapping[str, Mapping[str, Any]]]
OWN: Mapping[str, Callable[[Facts, Mapping[str, Any]], Seen]] = {
    "expect_distribution_like_last_accepted": expect_distribution,
    "expect_freshness": expect_freshness,
    "expect_quantile_to_be_between": expect_quantile,
    "expect_rows_like_usual": expect_rows,
    "expect_share_to_be_between": expect_share,
}
_ALWAYS = "expect_rows_like_usual"  # also where no item of the list says it
_DID = "trained nothing; the champion stays"


def judged(
    rules: Rules,
    profile: Profile,
    columns: Sequence[str],
    read: "Callable[[Sequence[str]], pa.Table]",
    accepted: Sequence[AcceptedProfile],
    moment: Moment,
    newest: datetime | None,
    *,
    event_time: str | None = None,
) -> tuple[Expectation, ...]:
    """What was seen of every expectation, in the order of the YAML, and of the volume at the end.

    Parameters
    ----------
    profile, columns
        The statistics of the rows that are kept, and their columns.
    read
        Some columns of all of them, in the order of event time and key; asked for few columns at a time, and only where
        the profile does not know.
    accepted
        Earlier data that were accepted, newest first.
    newest
        The newest event before ``as_of``.
    event_time
        The column that says when a row happened; without it volume is that of all rows.

    Raises
    ------
    ConfigError
        There is no such expectation or column, or an argument is wrong.
    """
    known_kinds = kinds()
    questions = _questions(rules, known_kinds, [name for name in columns if name in profile.columns])
    facts = Facts(profile, read, accepted, moment, newest, event_time)
    answers = [_answer(question, facts) for question in questions]
    open_ = [number for number, answer in enumerate(answers) if answer is None]
    asking = [(questions[n], columns_of(known_kinds[questions[n].name], questions[n].arguments)) for n in open_]
    late = dict(zip(open_, great(asking, read), strict=True))
    return tuple(
        _told(question, answer or late[number])
        for number, (question, answer) in enumerate(zip(questions, answers, strict=True))
    )


def _questions(rules: Rules, known_kinds: Mapping[str, Kind], columns: Sequence[str]) -> list[Asked]:
    types = dict.fromkeys(columns)
    findings = [each for index, rule in enumerate(rules) for each in wrong(rule, known_kinds, types, index)]
    if findings:
        raise ConfigError(*map(_problem, findings))
    questions = [asked(known_kinds[name], arguments) for rule in rules for name, arguments in rule.items()]
    if not any(question.name == _ALWAYS for question in questions):
        questions.append(asked(known_kinds[_ALWAYS], {}))
    return questions


def _problem(finding: Finding) -> Problem:
    return Problem(finding.what, shown_path(finding.path), finding.expected, finding.found or "", do=finding.do)


def _answer(question: Asked, facts: Facts) -> Seen | None:
    if question.name in OWN:
        return OWN[question.name](facts, question.arguments)
    return known(question.name, facts.profile, question.arguments)


def _told(question: Asked, answer: Seen) -> Expectation:
    return Expectation(
        name=question.name,
        severity=question.severity,
        outcome=answer.outcome,
        observed=answer.observed,
        expected=question.text,
    )


def stops(told: Sequence[Expectation], use_case: str) -> Iterator[Problem]:
    """Everything that failed or crashed and is to stop the run."""
    return (_block(each, use_case) for each in told if _bad(each, "stop"))


def held(told: Sequence[Expectation]) -> tuple[str, ...]:
    """Why a person has to look before a release, a sentence each."""
    return tuple(_sentence(each) for each in told if _bad(each, "hold"))


def warned(told: Sequence[Expectation]) -> tuple[str, ...]:
    """What is only to be known, a sentence each."""
    return tuple(_sentence(each) for each in told if _bad(each, "warn"))


def _bad(told: Expectation, severity: str) -> bool:
    return told.outcome not in {"pass", "skipped"} and told.severity == severity


def _sentence(told: Expectation) -> str:
    if told.outcome == "crashed":
        return f"{told.name} ({told.expected}) crashed, so it says nothing about the data: {told.observed}"
    return f"{told.name} ({told.expected or 'as in every use case'}) failed: {told.observed}"


def _block(told: Expectation, use_case: str) -> Problem:
    if told.outcome == "crashed":
        what = f"{told.name} crashed, so it says nothing about the data"
        do = "see whether the expectation fits the type of the column"
    else:
        what = f"{told.name} failed"
        look = f"`keepfit docs {use_case}` shows what every column holds"
        do = f"see what changed upstream ({look}); if the change is right, change the expectation"
    return Problem(what, "expectations", told.expected, told.observed, did=_DID, do=do)
