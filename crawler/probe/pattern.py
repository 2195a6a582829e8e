"""Guess the pattern of a site's article addresses from those that its own feeds name."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

KNOWN, OTHERS = 0.9, 0.1  # shares a pattern must reach among articles, and may reach among other pages
FEW = 5  # articles: fewer show no pattern
MAX_WORDS = 12  # alternatives of a first part: more are no sections but names
_CLASSES = (
    (re.compile(r"(?:19|20)\d\d"), r"\d{4}"),
    (re.compile(r"\d\d"), r"\d{2}"),
    (re.compile(r"\d"), r"\d{1,2}"),
    (re.compile(r"(?:19|20)\d{6}"), r"\d{8}"),
    (re.compile(r"(?:19|20)\d\d-\d\d-\d\d"), r"\d{4}-\d{2}-\d{2}"),
    (re.compile(r"(?:19|20)\d\d-\d\d"), r"\d{4}-\d{2}"),
    (re.compile(r"\d{4,}"), r"\d+"),
)
_ENDINGS = (
    (re.compile(r"[-_.]\d{5,}(?:\.\w{3,5})?/?$"), r"[-_.]\d{5,}(\.\w{3,5})?/?$"),
    (re.compile(r"/\d{5,}(?:\.\w{3,5})?/?$"), r"/\d{5,}(\.\w{3,5})?/?$"),
    (re.compile(r"/\d{4,}[-_][^/]+/?$"), r"/\d{4,}[-_][^/]+/?$"),
    (re.compile(r"[?&](?:id|p|story|article|newsid)=\d+"), r"[?&](id|p|story|article|newsid)=\d+"),
    (re.compile(r"\.s?html?$"), r"\.s?html?$"),
)
_NAME = re.compile(r"[^\W\d][\w-]*")
_SLUG = r"[^/]+-[^/]+-[^/]+/?$"


class Guess(NamedTuple):
    """A pattern, and how many of the known articles and of the other pages match it."""

    pattern: str
    matched: int
    articles: int
    wrong: int
    others: int


def guess(articles: Sequence[str], others: Sequence[str]) -> Guess | None:
    """Return the pattern that knows the articles best from the other pages, None if none knows them well enough.

    Of patterns that do equally well, the first: dates before numbers, numbers before sections.

    >>> guess([f"https://a.test/2026/03/0{n}/ferry-{n}" for n in range(1, 7)], ["https://a.test/2026", "https://a.test/x"])
    Guess(pattern='^/\\\\d{4}/\\\\d{2}/\\\\d{2}/', matched=6, articles=6, wrong=0, others=2)
    """
    known = [local(url) for url in dict.fromkeys(articles)]
    unknown = [local(url) for url in dict.fromkeys(others) if url not in set(articles)]
    if len(known) < FEW:
        return None
    best = max((_judged(p, known, unknown) for p in candidates(known)), key=_merit, default=None)
    if best is None or best.matched < KNOWN * best.articles or best.wrong > OTHERS * max(best.others, 1):
        return None
    return best


def candidates(paths: Sequence[str]) -> Iterator[str]:
    """Yield patterns worth a try, the most telling first."""
    firsts = Counter(path.split("/")[1] for path in paths if path.count("/") > 1)
    for pattern, _ in Counter(filter(None, map(_dated, paths))).most_common(3):
        if len(firsts) == 1 and pattern.startswith("^/[^/]+/"):  # /news/2026/03/04/: the word is telling too
            yield pattern.replace("[^/]+", re.escape(next(iter(firsts))), 1)
        yield pattern
    for found, pattern in _ENDINGS:
        if sum(bool(found.search(path)) for path in paths) > len(paths) / 2:
            yield pattern
    words = [word for word, _ in firsts.most_common(MAX_WORDS) if _NAME.fullmatch(word)]
    if words:
        choice = "|".join(map(re.escape, sorted(words))) if len(words) > 1 else re.escape(words[0])
        yield f"^/({choice})/.*{_SLUG}" if len(words) > 1 else f"^/{choice}/.*{_SLUG}"
        yield f"^/({choice})/[^/]+" if len(words) > 1 else f"^/{choice}/[^/]+"
    yield f"/{_SLUG}"


def local(url: str) -> str:
    """Return what a pattern of a site file is searched in: the decoded path and query."""
    parts = urlsplit(url)
    return unquote(parts.path + (f"?{parts.query}" if parts.query else ""))


def _dated(path: str) -> str | None:
    r"""Return a pattern of the beginning of a path, up to its last date or number; None if it begins with none.

    >>> _dated("/sport/2026/03/04/ferry"), _dated("/actu/48213-le-bac"), _dated("/about")
    ('^/[^/]+/\\d{4}/\\d{2}/\\d{2}/', '^/actu/\\d+-', None)
    """
    parts = path.partition("?")[0].strip("/").split("/")
    classes = [_class_of(part) for part in parts]
    last = max((n for n, found in enumerate(classes) if found), default=-1)
    if last < 0:
        return None
    # A lone constant before the date is telling ("/actu/"); of several words only their number is.
    beginning = [found or (re.escape(parts[n]) if last == 1 and n == 0 and len(parts) == 2 else "[^/]+")
                 for n, found in enumerate(classes[: last + 1])]  # fmt: skip
    is_whole = last == len(parts) - 1
    return (
        "^/"
        + "/".join(beginning)
        + ("" if classes[last] and classes[last].endswith("-") else "/?$" if is_whole else "/")
    )


def _class_of(part: str) -> str:
    for form, pattern in _CLASSES:
        if form.fullmatch(part):
            return pattern
    match = re.match(r"\d{3,}-", part)
    return r"\d+-" if match else ""


def _judged(pattern: str, known: Sequence[str], unknown: Sequence[str]) -> Guess:
    form = re.compile(pattern)
    return Guess(pattern, _count(form, known), len(known), _count(form, unknown), len(unknown))


def _count(form: re.Pattern[str], paths: Iterable[str]) -> int:
    return sum(bool(form.search(path)) for path in paths)


def _merit(guess: Guess) -> float:
    """Return how well a pattern does; `max` keeps the first of equals."""
    return guess.matched / guess.articles - (guess.wrong / guess.others if guess.others else 0.0)
