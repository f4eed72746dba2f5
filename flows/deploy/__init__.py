"""Use cases as deployments and automations of a Prefect server: what is wanted, what is there, and the difference."""

from flows.deploy.sync import Change, Plan, synchronise
from flows.deploy.wanted import Wanted, owner_tag, wanted

__all__ = ["Change", "Plan", "Wanted", "owner_tag", "synchronise", "wanted"]
