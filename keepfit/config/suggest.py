"""What a person probably meant."""

from collections.abc import Iterable


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to what was written, if one is near.

    >>> closest("treshold", ["threshold", "margin"])
    'threshold'
    >>> closest("banana", ["threshold", "margin"]) is None
    True
    """
    import difflib

    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The question to a person, or nothing when no known word is near.

    >>> did_you_mean("treshold", ["threshold"])
    'did you mean `threshold`?'
    """
    found = closest(word, known)
    return f"did you mean `{found}`?" if found and found != word else ""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names for a message, cut where there are many.

    >>> listed(["b", "a"])
    'a, b'
    """
    ordered = sorted(names)
    return ", ".join(ordered[:most]) + (f" and {len(ordered) - most} more" if len(ordered) > most else "")
