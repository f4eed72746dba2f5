"""From what a source says to what the contract says."""

from keepfit.config.section import Section


class Mapping(Section):
    """What a source means, from a day on."""
