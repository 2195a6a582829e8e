"""Cite a version of an article, so that whoever reads the citation can check it against the bytes."""

from dataclasses import dataclass
from datetime import datetime

from archive.catalogue.answers import ArticleDetail, CaptureLine, VersionLine
from archive.errors import NotFoundError


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

    def to_dict(self) -> dict[str, object]:
        """Return the citation as plain values with stable keys."""
        return {name: getattr(self, name) for name in self.__slots__}

    def line(self) -> str:
        """Return the citation as one line of text."""
        by = "; ".join(self.authors) + ". " if self.authors else ""
        seen = f"{self.seen:%Y-%m-%d %H:%M:%S} UTC"
        where = f"{self.file} at {self.offset} ({self.length} bytes), {self.capture}"
        return (
            f"{by}“{self.title}.” {self.site}, {self.day}. {self.url} (captured {seen}; {where}; payload"
            f" {self.payload_digest or 'unknown'}; text sha256:{self.text_hash}, read by {self.reader})."
        )


def cite(article: ArticleDetail, version: str | None = None) -> Citation:
    """Return the citation of a version of an article, of the latest if none is named, by its first capture."""
    chosen = _version(article, version)
    capture = _capture(article, chosen)
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
