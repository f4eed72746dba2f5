"""A use case that is watched by the day, and months of it of which the last one is another world."""

from journeys import TINY, visits

WATCHED = (
    TINY.replace("quarantine_at_most: 5%", "quarantine_at_most: 15%").replace(
        "margin: 0.2}", "margin: 0.2, if_unsure: warn}"
    )
    + """monitor: {every: 1d, window: 1d, false_alarms: 10%}
retrain: {on: [drift, realised_performance], when: 2 of 3, cooldown: 3d}
"""
)
MANY = 28 * 100  # a hundred visits a day


def rows(month, turned=False):
    """A month of visits; ``turned``: the south door is shut. What brings people back is as it was."""
    text = visits(2020, month, MANY)
    return text.replace(",south,", ",north,") if turned else text


def write(world, months=(1, 2, 3, 4), turned=(5,)):
    """The use case and its data."""
    for month in (*months, *turned):
        world.write(f"data/visits/2020-{month:02d}.csv", rows(month, turned=month in turned))
    world.write("configs/visits.yaml", WATCHED)
    return world
