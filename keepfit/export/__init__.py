"""Models as bytes and back, never pickle: skops from a closed list of types, and a compiled form that is numbers only.

Equal models have equal bytes.
"""

from keepfit.export.archive import dump, load
from keepfit.export.background import Background, background_of
from keepfit.export.compiled import Compiled, CompiledFile, load_compiled
from keepfit.export.compiling import compiled_of
from keepfit.export.probe import Probe, hostile_records, plain_records, probe_of, spread
from keepfit.export.version import export

__all__ = [
    "Background",
    "Compiled",
    "CompiledFile",
    "Probe",
    "background_of",
    "compiled_of",
    "dump",
    "export",
    "hostile_records",
    "load",
    "load_compiled",
    "plain_records",
    "probe_of",
    "spread",
]
