"""A made-up production: days that differ from each other by themselves, and changes that can be planted."""

import numpy as np

from keepfit.config.monitor import Monitor
from keepfit.features import Levels
from keepfit.monitor import Answered, Answers, Rows, Seen, reference_of, tallied

CLASSES = ("no", "yes")
SHOPS = ("a", "b", "c", "d", "e", "f")
ROWS = 120  # a day


def day_of(draw, rows=ROWS):
    """Rows of a day: sizes and shares move from day to day, more than rows that were independent would."""
    shares = draw.dirichlet(np.full(5, 60.0))
    size = draw.normal(draw.normal(0, 0.15), 1.0, rows)
    noise = draw.normal(0, 1, rows)
    shop = draw.choice(5, rows, p=shares).astype(np.int32)
    chance = 1 / (1 + np.exp(-(0.9 * size - 0.8 + 0.3 * (shop == 1))))
    return {
        "size": size,
        "noise": noise,
        "shop": shop,
        "chance": chance,
        "label": (draw.random(rows) < chance).astype(int),
    }


def days_of(seed, count, rows=ROWS):
    """Many days, one below the other, with the day of each row."""
    draw = np.random.default_rng(seed)
    found = [day_of(draw, rows) for _ in range(count)]
    table = {name: np.concatenate([each[name] for each in found]) for name in found[0]}
    return table | {"day": np.repeat(np.arange(count), rows)}


def columns(table):
    return {"size": table["size"], "noise": table["noise"], "shop": Levels(table["shop"], SHOPS)}


def answers(table):
    """A model that knows the truth about size, and not about the shop."""
    chance = 1 / (1 + np.exp(-(0.9 * table["size"] - 0.75)))
    return np.column_stack([1 - chance, chance])


def reference(seed=1, count=190, asked=None):
    table = days_of(seed, count)
    rows = Rows(table["day"], columns(table), table["label"])
    answered = Answered(table["day"], table["label"], answers(table), np.arange(len(table["day"])))
    return reference_of("shops", "binary", CLASSES, rows, answered, asked or Monitor())


def part(table, *, labelled=True):
    known = np.arange(len(table["day"]) if labelled else 0)
    return Answers(columns(table), table["day"], answers(table), known, table["label"][known])


def seen(made, table, *, labelled=True, arrived=None, refused=0):
    count = len(table["day"])
    return Seen(tallied(made, [part(table, labelled=labelled)]), arrived or count, refused, 0.01)
