"""Cite a version of an article, so that whoever reads the citation can check it against the bytes."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime

from archive.catalogue.answers import ArticleDetail, CaptureLine, VersionLine
from archive.errors import NotFoundError

MEMENTO_BASE = "http://127.0.0.1:8090/dateline"  # where `dateline replay` answers
_LATEX = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"})  # fmt: skip  # noqa: E501
_URI_UNSAFE = re.compile(r"[\s<>\"\\^`{|}]")


@dataclass(frozen=True, slots=True)
class Citation:
    """What a footnote needs: the work, the text as a reader found it, and the record that proves it."""

    title: str
    authors: tuple[str, ...]
    site: str
    url: str
    day: str
    seen: datetime
    article: str
    version: str
    text_hash: str
    reader: str
    capture: str
    payload_digest: str | None
    file: str
    offset: int
    length: int
    outlet: str | None = None  # the name of the publication, where its site file gives one
    language: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the citation as plain values with stable keys."""
        return {name: getattr(self, name) for name in self.__slots__}

    def line(self) -> str:
        """Return the citation as one line of text."""
        by = "; ".join(self.authors) + ". " if self.authors else ""
        return f"{by}“{self.title}.” {self.outlet or self.site}, {self.day}. {self.url} ({self.proof()})."

    def proof(self) -> str:
        """Return where the bytes lie, and what they and the text hash to."""
        seen = f"{self.seen:%Y-%m-%d %H:%M:%S} UTC"
        where = f"{self.file} at {self.offset} ({self.length} bytes), {self.capture}"
        return (
            f"captured {seen}; {where}; payload {self.payload_digest or 'unknown'}; text sha256:{self.text_hash},"
            f" read by {self.reader}"
        )

    def memento(self, base: str = MEMENTO_BASE) -> str:
        """Return the address at which a replay shows this capture: the time in it is that of the capture.

        Web archives agree on the form (RFC 7089 calls it a URI-M): base, fourteen digits of UTC, the URL.
        """
        return f"{base.rstrip('/')}/{self.seen.astimezone(UTC):%Y%m%d%H%M%S}/{self.url}"

    def apa(self, base: str = MEMENTO_BASE) -> str:
        """Return the citation as one line in the manner of the APA; names stay as the page has them."""
        by = _listed(self.authors) or self.outlet or self.site
        published = date.fromisoformat(self.day)
        when = f"{published.year}, {published:%B} {published.day}"
        outlet = f" {self.outlet or self.site}." if self.authors else ""
        seen = f"{self.seen:%B} {self.seen.day}, {self.seen.year}"
        by = by if by.endswith(".") else by + "."
        return f"{by} ({when}). {self.title}.{outlet} {self.url} (captured {seen}: {self.memento(base)})"

    def bibtex(self, base: str = MEMENTO_BASE) -> str:
        """Return the citation as a BibTeX entry (`@online`, which biblatex knows and BibTeX treats as misc)."""
        fields = (
            ("author", " and ".join("{" + _latex(name) + "}" for name in self.authors)),
            ("title", "{" + _latex(self.title) + "}"),
            ("organization", _latex(self.outlet or self.site)),
            ("date", self.day),
            ("year", self.day[:4]),
            ("url", _uri(self.url)),
            ("urldate", f"{self.seen:%Y-%m-%d}"),
            ("eprint", _uri(self.memento(base))),
            ("eprinttype", "memento"),
            ("language", self.language or ""),
            ("note", _latex(self.proof())),
        )
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields if value)
        return f"@online{{dateline-{self.version},\n{lines}}}\n"

    def csl(self, base: str = MEMENTO_BASE) -> dict[str, object]:
        """Return the citation as an item of CSL-JSON, as Zotero and pandoc read it."""
        published = date.fromisoformat(self.day)
        entry = {
            "id": f"dateline-{self.version}",
            "type": "article-newspaper",
            "title": self.title,
            "author": [{"literal": name} for name in self.authors],
            "container-title": self.outlet or self.site,
            "issued": {"date-parts": [[published.year, published.month, published.day]]},
            "accessed": {"date-parts": [[self.seen.year, self.seen.month, self.seen.day]]},
            "URL": self.url,
            "language": self.language,
            "archive": "Dateline",
            "archive_location": f"{self.file}, offset {self.offset}, {self.capture}",
            "note": self.proof(),
            "custom": {
                "memento": self.memento(base),
                "memento-datetime": format_datetime(self.seen.astimezone(UTC), usegmt=True),
                **{name: getattr(self, name) for name in _PROOF},
            },
        }
        return {name: value for name, value in entry.items() if value not in (None, [])}

    def in_form(self, form: str, base: str = MEMENTO_BASE) -> str:
        """Return the citation as text in one of the FORMS."""
        if form == "json":
            return json.dumps({**self.to_dict(), "memento": self.memento(base)}, ensure_ascii=False, default=str)
        if form == "csl":
            return json.dumps([self.csl(base)], ensure_ascii=False, indent=1)
        if form == "text":
            return self.line()
        if form == "apa":
            return self.apa(base)
        return self.bibtex(base) if form == "bibtex" else self.memento(base)


FORMS = ("text", "apa", "bibtex", "csl", "memento", "json")
_PROOF = ("capture", "payload_digest", "file", "offset", "length", "text_hash", "reader", "article", "version")


def cite(article: ArticleDetail, version: str | None = None, *, outlet: str | None = None) -> Citation:
    """Return the citation of a version of an article, by its first capture; of the latest if none is named.

    A capture may be named instead: then it is cited for the version that it shows.
    """
    shown = next((c for c in article.captures if c.id == version and c.version), None)
    chosen = _version(article, shown.version if shown else version)
    capture = shown or _capture(article, chosen)
    return Citation(
        title=chosen.title,
        authors=article.authors,
        site=article.site,
        url=capture.url,
        day=article.day,
        seen=capture.fetched_at,
        article=article.id,
        version=chosen.id,
        text_hash=chosen.text_hash,
        reader=chosen.reader,
        capture=capture.id,
        payload_digest=capture.payload_digest,
        file=capture.record.file,
        offset=capture.record.offset,
        length=capture.record.length,
        outlet=outlet,
        language=article.language,
    )


def _version(article: ArticleDetail, name: str | None) -> VersionLine:
    if name is None:
        return article.version
    found = next((version for version in article.versions if version.id == name), None)
    if found is None:
        raise NotFoundError(name, f"article {article.id} has no version of that id")
    return found


def _capture(article: ArticleDetail, version: VersionLine) -> CaptureLine:
    return next(capture for capture in article.captures if capture.id == version.first_capture)


def _listed(names: tuple[str, ...]) -> str:
    return ", & ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def _latex(text: str) -> str:
    """Return text that TeX prints and does not act on."""
    return " ".join(text.split()).translate(_LATEX)


def _uri(url: str) -> str:
    """Return a URL that cannot end the braces it stands in."""
    return _URI_UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), url)
