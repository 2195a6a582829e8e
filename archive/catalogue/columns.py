"""Captures, articles and links as the columns of their rows."""

import json

from archive.catalogue.identity import stamp
from archive.model import Article, Capture, Link, Provenance, Record

RUN_URI = "urn:dateline:run:"


def run_of(capture: Capture) -> str | None:
    """Return the run that fetched or wrote a capture; None in other people's WARCs."""
    if capture.provenance is not None:
        return capture.provenance.run or None
    if capture.url.startswith(RUN_URI):
        return capture.url.removeprefix(RUN_URI).partition(":")[0] or None
    return None


def capture_columns(capture: Capture, site: str | None) -> dict[str, object]:
    """Return the row of a capture, without what its reading says."""
    return {
        "id": capture.record.id,
        "file": capture.record.file,
        "offset": capture.record.offset,
        "length": capture.record.length,
        "ends": capture.end or capture.record.offset + capture.record.length,
        "kind": capture.kind,
        "url": capture.url,
        "fetched_at": stamp(capture.fetched_at),
        "status": capture.status,
        "content_type": capture.content_type,
        "location": capture.location,
        "payload_digest": capture.payload_digest,
        "payload_length": capture.payload_length,
        "truncated": capture.truncated,
        "ip": capture.ip,
        "refers_to": capture.refers_to,
        "profile": capture.profile,
        **_record_columns("request", capture.request),
        **_record_columns("metadata", capture.metadata),
        "site": site,
        "run": run_of(capture),
        "software": capture.software,
        **_provenance_columns(capture.provenance),
    }


def _record_columns(name: str, record: Record | None) -> dict[str, object]:
    return {
        name: record and record.id,
        f"{name}_file": record and record.file,
        f"{name}_offset": record and record.offset,
        f"{name}_length": record and record.length,
    }


def _provenance_columns(provenance: Provenance | None) -> dict[str, object]:
    if provenance is None:
        return {}
    return {
        "source": provenance.source,
        "role": provenance.role,
        "via": provenance.via,
        "hops": provenance.hops,
        "lease": provenance.lease,
        "attempt": provenance.attempt,
        "fidelity": provenance.fidelity,
        "software": provenance.software or None,
        "settings": provenance.settings or None,
    }


def article_columns(article: Article) -> dict[str, object]:
    """Return the row of a reading: the metadata of its article."""
    image = article.image
    return {
        "page_kind": article.page_kind,
        "title": article.title,
        "published": article.published and stamp(article.published),
        "published_text": article.published_text,
        "modified": article.modified and stamp(article.modified),
        "modified_text": article.modified_text,
        "language": article.language,
        "section": article.section,
        "tags": json.dumps(article.tags, ensure_ascii=False),
        "image_url": image and image.url,
        "image_caption": image and image.caption,
        "image_credit": image and image.credit,
        "agency": article.agency,
        "access": article.access,
        "declared_canonical": article.canonical,
        "og_url": article.og_url,
        "jsonld_url": article.jsonld_url,
        "noarchive": article.noarchive,
        "encoding": article.encoding,
        "encoding_source": article.encoding_source,
        "replacement_chars": article.replacement_chars,
        "parse_status": article.parse_status,
        "origins": json.dumps(article.evidence, ensure_ascii=False),
        "features": article.features,
    }


def link_columns(capture: str, link: Link) -> dict[str, object]:
    """Return the row of the link that led to a capture."""
    return {
        "capture": capture,
        "url": link.url,
        "found_in": link.found_in,
        "source": link.source,
        "source_kind": link.source_kind,
        "title": link.title,
        "published": link.published and stamp(link.published),
        "modified": link.modified and stamp(link.modified),
        "language": link.language,
        "authors": json.dumps(link.authors, ensure_ascii=False),
        "alternates": json.dumps(link.alternates, ensure_ascii=False),
    }


def storable(value: object) -> object:
    """Return a text without lone surrogates, which JSON may smuggle in and UTF-8 cannot write; others as they are."""
    return storable_text(value) if isinstance(value, str) and not value.isascii() else value


def storable_text(text: str) -> str:
    """Return a text without lone surrogates."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
