"""What a page declares about itself in meta tags, links and headlines, collected in one walk with caps."""

from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml.html import HtmlElement

from archive.reading.blocks import collapse

METAS_CAP = 300
VALUE_CAP = 5_000


@dataclass(frozen=True, slots=True)
class Head:
    """The declarations of a page; `meta` keeps every value of a name in order."""

    meta: dict[str, list[str]] = field(repr=False)
    title: str
    headlines: tuple[str, ...]  # h1 texts
    language: str
    canonical: str

    def first(self, *names: str) -> str:
        """Return the first value declared under one of the names, in the order of the names."""
        return next((v for n in names for v in self.meta.get(n, ()) if v), "")

    def every(self, *names: str) -> tuple[str, ...]:
        """Return all values declared under the names."""
        return tuple(v for n in names for v in self.meta.get(n, ()) if v)


def head_of(root: HtmlElement, url: str) -> Head:
    """Return what the page declares; body elements count too, as many sites put meta tags there.

    A `time` with an `itemprop` is a declaration like a meta tag.
    """
    meta: defaultdict[str, list[str]] = defaultdict(list)
    title = canonical = ""
    headlines: list[str] = []
    for node in root.iter("meta", "title", "link", "h1", "time"):
        if node.tag == "meta":
            name = node.get("property") or node.get("name") or node.get("itemprop")
            value = node.get("content")
            if name and value and len(meta) < METAS_CAP:
                meta[name.lower()].append(collapse(value[:VALUE_CAP]))
        elif node.tag == "time":
            name, value = node.get("itemprop"), node.get("datetime")
            if name and value and len(meta) < METAS_CAP:
                meta[name.lower()].append(collapse(value[:VALUE_CAP]))
        elif node.tag == "title":
            title = title or collapse(node.text or "")
        elif node.tag == "h1":
            if len(headlines) < 5:
                headlines.append(collapse("".join(node.itertext())))
        elif node.get("rel") == "canonical":
            canonical = canonical or (node.get("href") or "").strip()
    return Head(
        meta=dict(meta),
        title=title,
        headlines=tuple(filter(None, headlines)),
        language=root.get("lang") or root.get("xml:lang") or "",
        canonical=_absolute(url, canonical),
    )


def _absolute(base: str, url: str) -> str:
    try:
        return urljoin(base, url) if url else ""
    except ValueError:  # brackets that are no IPv6 address
        return ""
