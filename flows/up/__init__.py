"""All of Keepfit on one machine: a Prefect server, a worker, the scoring service; kept alive, and stopped together."""
