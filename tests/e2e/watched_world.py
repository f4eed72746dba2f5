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
    """A month of visits; ``turned``: few come by the south door. What brings people back is as it was."""
    lines = visits(2020, month, MANY).splitlines()
    if turned:  # a tenth of them still do: a column that stands still would look like a broken feed
        lines = [line.replace(",south,", ",north,") if place % 20 else line for place, line in enumerate(lines)]
    return "\n".join(lines) + "\n"


def write(world, months=(1, 2, 3, 4), turned=(5,)):
    """The use case and its data."""
    for month in (*months, *turned):
        world.write(f"data/visits/2020-{month:02d}.csv", rows(month, turned=month in turned))
    world.write("configs/visits.yaml", WATCHED)
    return world
