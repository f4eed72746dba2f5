"""Answers over HTTP: the champion of each use case, verified, followed through the ledger, swapped under load.

Guarantees: a record is held to the signature of the version that answers it, and no value of it is ever repeated; an
answer comes from one version, whose number it names; what cannot be verified never answers, and never stops what does.
"""
