"""One file a stage: retries, what is remembered, what Prefect shows; the work itself is one call into ``keepfit``."""
