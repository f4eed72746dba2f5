"""What Prefect's pages show of a stage."""


def markdown(key: str, text: str) -> None:
    """Attach a Markdown artifact to the task that is running."""
    from prefect.artifacts import create_markdown_artifact

    create_markdown_artifact(text, key=key)
