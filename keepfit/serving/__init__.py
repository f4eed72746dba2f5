"""The scoring service: what is imported here reads the clock; pandas, scikit-learn and Prefect stay outside."""
