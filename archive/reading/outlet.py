"""The name of an outlet in running text, as languages bend it: `Głos Nadrzecza`, but "readers of Głosu Nadrzecza"."""

from collections.abc import Callable, Sequence

EAST_ASIAN = "\u2e80"
HEAD, TAIL = 4, 4  # letters that must stand as they are, at the start and after the bent part
ADDED, LOST = 3, 2  # letters that an ending may add, and lose
SHORTEST = HEAD + TAIL
LONGEST = 24  # letters of a name that are compared
UMLAUTS = (("ae", "ä"), ("oe", "ö"), ("ue", "ü"), ("ss", "ß"))


def names_outlet(names: Sequence[str], text: str, words: Sequence[str]) -> bool:
    """True if the squashed text, whose lower-case words these are, names the outlet: from the start of a word on.

    >>> names_outlet(["zeit"], "gleichzeitig", ["gleichzeitig"])
    False
    >>> names_outlet(["zeit"], "diezeitlebt", ["die", "zeit", "lebt"])
    True
    """
    found = [name for name in names if name in text]
    return bool(found) and any(_starts_a_word(name, words) for name in found)


def _starts_a_word(name: str, words: Sequence[str]) -> bool:
    """True if the name stands there and what follows in its last word is no more than an ending."""
    if name > EAST_ASIAN:  # no spaces between words
        return True
    for i, word in enumerate(words):
        if word[0] != name[0]:
            continue
        joined, k = word, i + 1
        while len(joined) < len(name) and k < len(words):
            joined, k = joined + words[k], k + 1
        if joined.startswith(name) and (len(name) >= SHORTEST or len(joined) - len(name) <= ADDED):
            return True
    return False


def name_finder(names: Sequence[str]) -> Callable[[str], bool]:
    """Return a test of squashed texts for the squashed names (stems, as `says_of` gives them), one ending bent.

    >>> named_in = name_finder(["głosnadrze"])
    >>> named_in("głosunadrzeczaukazujesię"), named_in("głosowanienadrzekami")
    (True, False)
    """
    long = tuple(dict.fromkeys(name[:LONGEST] for name in names if len(name) >= SHORTEST))
    plain = tuple(other for name in names if (other := _with_umlauts(name)) != name)

    def named_in(text: str) -> bool:
        for name in plain:
            if name in text:
                return True
        return any(name[:HEAD] in text and _stands_bent(name, text) for name in long)

    return named_in


def _stands_bent(name: str, text: str) -> bool:
    """True if the name stands there with an ending in its middle: a few letters more, and one or two others gone."""
    start = text.find(name[:HEAD])
    while start >= 0:
        common = HEAD
        while text[start + common : start + common + 1] == name[common : common + 1] != "":
            common += 1
        for at in range(HEAD, min(common, len(name) - TAIL) + 1):
            for lost in range(min(LOST, len(name) - TAIL - at) + 1):
                rest, place = name[at + lost :], start + at
                if any(text.startswith(rest, place + added) for added in range(ADDED + 1)):
                    return True
        start = text.find(name[:HEAD], start + 1)
    return False


def _with_umlauts(name: str) -> str:
    for plain, umlaut in UMLAUTS:
        name = name.replace(plain, umlaut)
    return name
