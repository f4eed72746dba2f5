"""Models as bytes and back: skops, never pickle; a closed list of types; equal models have equal bytes."""

from keepfit.export.archive import dump, load
from keepfit.export.probe import Probe, hostile_records, probe_of
from keepfit.export.version import export

__all__ = ["Probe", "dump", "export", "hostile_records", "load", "probe_of"]
