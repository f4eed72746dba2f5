"""What Prefect's pages show of a stage."""

from tasks.run import Run


def markdown(run: Run, what: str, text: str) -> None:
    """Attach a Markdown artifact to the task that is running; its key has a history over the runs of a use case."""
    from prefect.artifacts import create_markdown_artifact

    create_markdown_artifact(text, key=f"{run.use_case.name}-{what}".replace("_", "-"))
