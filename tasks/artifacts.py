"""What Prefect's pages show of a stage. A page that cannot be had stops nothing: the store has what it would show."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx


def markdown(use_case: str, what: str, text: str) -> None:
    """Attach a Markdown artifact to the task that is running; its key has a history over the runs of a use case."""
    from prefect.artifacts import create_markdown_artifact

    with _shown(what):
        create_markdown_artifact(text, key=key_of(use_case, what))


def picture(use_case: str, what: str, address: str, text: str) -> None:
    """The same of a picture, whose address holds all of it; ``text`` is Markdown beside it."""
    from prefect.artifacts import create_image_artifact

    with _shown(what):
        create_image_artifact(address, key=key_of(use_case, what), description=text)


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
