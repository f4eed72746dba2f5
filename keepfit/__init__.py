"""The lifecycle of a model in production: plain functions on values, no scheduler needed."""
