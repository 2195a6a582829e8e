"""The name of an outlet in running text, as languages bend it: `Głos Nadrzecza`, but "readers of Głosu Nadrzecza"."""

import re
from collections.abc import Callable, Iterable

HEAD, TAIL = 4, 4  # letters that must stand as they are, at the start and after the bent part
ADDED, LOST = 3, 2  # letters that an ending may add, and lose
SHORTEST = HEAD + TAIL
LONGEST = 24  # letters of a name that are compared
UMLAUTS = (("ae", "ä"), ("oe", "ö"), ("ue", "ü"), ("ss", "ß"))


def name_finder(names: Iterable[str]) -> Callable[[str], bool]:
    """Return a test of squashed texts for the squashed names (stems, as `says_of` gives them), one ending bent.

    >>> named_in = name_finder(["głosnadrze"])
    >>> named_in("głosunadrzeczaukazujesię"), named_in("głosowanienadrzekami")
    (True, False)
    """
    rules = [(name[:HEAD], re.compile(_bent(name))) for name in names if len(name) >= SHORTEST]
    rules += [(plain[:2], re.compile(re.escape(plain))) for name in names if (plain := _with_umlauts(name)) != name]

    def named_in(text: str) -> bool:
        return any(head in text and rule.search(text) is not None for head, rule in rules)

    return named_in


def _bent(name: str) -> str:
    """Return the rule for a name with an ending in its middle: a few letters more, and one or two others gone."""
    name = name[:LONGEST]
    ways = []
    for at in range(HEAD, len(name) - TAIL + 1):
        rests = (re.escape(name[at + lost :]) for lost in range(LOST + 1) if at + lost <= len(name) - TAIL)
        ways.append(f"{re.escape(name[HEAD:at])}\\w{{0,{ADDED}}}(?:{'|'.join(rests)})")
    return f"{re.escape(name[:HEAD])}(?:{'|'.join(ways)})"


def _with_umlauts(name: str) -> str:
    for plain, umlaut in UMLAUTS:
        name = name.replace(plain, umlaut)
    return name
