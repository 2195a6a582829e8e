"""Invented newspapers of any size: captures and readings as a crawl of years would give them, made from a seed.

Words follow Zipf's law, articles the weekdays and the years; a page holds its article (some 4,000 characters), what
the paper prints on every page, headlines of other articles, and now and then a letter to the reader.
"""

# ruff: noqa: SIM905 (lists of words read better as text)

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import accumulate

from archive.model import Article, Capture, Kind, Link, Passage, Provenance, Reading, Record
from archive.reading.facts import Facts, pack
from archive.reading.memory import passage_key

SITES, ARTICLES_OF_A_SITE = 20, 5_000  # at least, and on average: a larger archive is one of more papers
WORDS = 60_000
BODY_CHARS = 4_000
FURNITURE, HEADLINES = 26, 12  # blocks of a page beside its article
FIRST_DAY = datetime(2016, 1, 1, 6, tzinfo=UTC)
DAYS = 3_650
READER = "reader-of-the-benchmark"
SYLLABLES = (
    "ba be bi bo da de di do fa fe ga ge go ha he ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro"
    " sa se si so ta te ti to va ve vi wa we za ze an en in on un ar er ir or al el il ol ast est ist ost und ing"
).split()


@dataclass(slots=True)
class Press:
    """Prints articles, the same ones for the same seed."""

    seed: int = 7
    sites: int = SITES
    chance: random.Random = field(init=False)
    words: list[str] = field(init=False)
    weights: list[float] = field(init=False)
    furniture: dict[int, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.words = self._vocabulary()
        self.weights = list(accumulate(1 / (n + 2.7) for n in range(WORDS)))
        self.furniture = {site: [self.text(60) for _ in range(FURNITURE)] for site in range(self.sites)}

    def pages(self, count: int) -> Iterator[tuple[str, Capture, Reading]]:
        """Yield (site, capture, reading) of that many articles, in order of time."""
        recent: list[str] = []
        for n in range(count):
            site = min(self.sites - 1, int(self.chance.expovariate(5 / self.sites)))
            at = FIRST_DAY + timedelta(days=DAYS * n / count, seconds=self.chance.randrange(36_000))
            title = self.text(60)
            recent = [*recent[-200:], title]
            article = self._article(site, title, recent, at)
            yield f"paper-{site:02}.test", self._capture(n, site, at, title), Reading("ok", READER, article)

    def text(self, chars: int) -> str:
        """Return words of that length, as a sentence or several."""
        words = self.chance.choices(self.words, cum_weights=self.weights, k=chars // 7)
        for at in range(0, len(words), 17):
            words[at] = words[at].capitalize()
            words[max(at - 1, 0)] += "." if at else ""
        return " ".join(words)

    def _vocabulary(self) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < WORDS:
            size = min(5, 1 + int(self.chance.expovariate(0.7)))
            words["".join(self.chance.choices(SYLLABLES, k=size + (len(words) > 400)))] = None
        return list(words)

    def _article(self, site: int, title: str, recent: list[str], at: datetime) -> Article:
        fixed = self.furniture[site]
        half = FURNITURE // 2
        blocks = [(Kind.CHROME_FURNITURE, text) for text in fixed[:half]]
        blocks += [(Kind.TITLE, title), (Kind.LEAD, self.text(160))]
        blocks += [(Kind.BODY, self.text(BODY_CHARS // 12)) for _ in range(12)]
        if site % 3 == 0:
            blocks.append((Kind.APPEAL_DONATION, f"Dear readers of paper {site}, {fixed[0]} {fixed[1]}"))
        blocks += [(Kind.CHROME_RELATED, self.chance.choice(recent)) for _ in range(HEADLINES)]
        blocks += [(Kind.CHROME_FURNITURE, text) for text in fixed[half:]]
        passages, start = [], 0
        for n, (kind, text) in enumerate(blocks):
            place = f"/html/body/div[{1 + n // 9}]/main/div[2]/section/div[{n % 9}]/p"
            passages.append(
                Passage(text, kind, "vote", self.chance.randrange(1000) / 1000, place, start, start + len(text))
            )
            start += len(text) + 1
        return Article(
            url="",
            page_kind="article",
            title=title,
            passages=tuple(passages),
            authors=(f"{self.words[500 + site].capitalize()} {self.words[600 + site % 40 * 7].capitalize()}",),
            published=at,
            language="en" if site % 4 else "de",
            section="harbour",
            evidence=(("title", "h1"), ("published", "json-ld"), ("authors", "byline"), ("language", "html")),
            features=pack([self._facts(p.text) for p in passages]),
        )

    def _facts(self, text: str) -> Facts:
        a, b, c, d = (self.chance.gauss(0, 2) for _ in range(4))
        return Facts(passage_key(text), a, b, c, d, 0, 0, 1, len(text) % 9, len(text) % 7, 0.0, text.count(" ") + 1)

    def _capture(self, n: int, site: int, at: datetime, title: str) -> Capture:
        ids = [f"urn:uuid:{self._hex(f'{n} {what}', 16)}" for what in ("response", "request", "metadata")]
        file = f"dateline-{at:%Y%m}01060000000-{n // 20_000:05}-archive~1.warc.gz"
        slug = "-".join(title.lower().replace(".", "").split()[:7])
        url = f"https://www.paper-{site:02}.test/{at:%Y/%m/%d}/{slug}-{n}"
        offset = (n % 20_000) * 60_000
        link = Link(url, f"https://www.paper-{site:02}.test/rss.xml", "feed:rss", title=title, published=at)
        return Capture(
            record=Record(file, offset, 48_000, ids[0]),
            kind="response",
            url=url,
            fetched_at=at + timedelta(minutes=20),
            status=200,
            content_type="text/html",
            payload_digest=f"sha256:{self._hex(str(n), 32)}",
            payload_length=180_000,
            provenance=Provenance(f"run-{at:%Y%m%d}", f"paper-{site:02}.test", "feed:rss", link=link, lease=f"{n:x}"),
            request=Record(file, offset + 48_000, 700, ids[1]),
            metadata=Record(file, offset + 48_700, 900, ids[2]),
            end=offset + 49_600,
        )

    @staticmethod
    def _hex(text: str, size: int) -> str:
        return blake2b(text.encode(), digest_size=size).hexdigest()
