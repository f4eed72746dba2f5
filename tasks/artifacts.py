"""What Prefect's pages show of a stage. A page that cannot be had stops nothing: the store has what it would show."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

_ABOUT = {
    "batch": "What became of the rows of a batch.",
    "data": "Where the rows came from, what was taken out, what expectations said.",
    "decision": "Whether the newest window calls for a retrain, and why.",
    "earlier": "What an earlier window looks like, now that more of its labels have come.",
    "labels": "Whether an earlier window calls for a retrain, now that more of its labels have come.",
    "metrics": "How good the model is on rows that it has not seen.",
    "release": "Whether the champion moved, and why.",
    "retrain": "Whether a retrain was due, and what came of it.",
    "rollout": "A challenger beside the champion: what was seen, and what was decided.",
    "verdict": "Every gate with its answer and the reason.",
    "window": "What the newest window looked like beside the reference.",
}


def markdown(use_case: str, what: str, text: str) -> None:
    """Attach a Markdown artifact to the task that is running; its key has a history over the runs of a use case."""
    from prefect.artifacts import create_markdown_artifact

    with _shown(what):
        create_markdown_artifact(text, key=key_of(use_case, what), description=_ABOUT[what])


def picture(use_case: str, what: str, address: str, text: str) -> None:
    """The same of a picture, whose address holds all of it; ``text`` is Markdown beside it."""
    from prefect.artifacts import create_image_artifact

    with _shown(what):
        create_image_artifact(address, key=key_of(use_case, what), description=text)


def log(text: str) -> None:
    """A line among the logs of the run that is going on, if one is."""
    from prefect.exceptions import MissingContextError
    from prefect.logging import get_run_logger

    with suppress(MissingContextError):
        get_run_logger().info("%s", text)


def key_of(use_case: str, what: str) -> str:
    """Lower-case letters, digits and dashes, as Prefect wants them.

    >>> key_of("flight_delay", "window")
    'flight-delay-window'
    """
    return f"{use_case}-{what}".replace("_", "-").lower()


@contextmanager
def _shown(what: str) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        logging.getLogger("keepfit").warning("Prefect took no page of %s: %s", what, type(error).__name__)
