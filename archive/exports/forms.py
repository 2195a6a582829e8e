"""The forms a table is exported in, each written row by row: CSV, JSON Lines, Parquet, Markdown, TEI."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from archive.errors import ConfigError
from archive.export import write_csv, write_jsonl
from archive.exports.tables import Row, Table

FORMS = ("csv", "jsonl", "parquet", "md", "tei")
MEDIA_TYPES = {
    "csv": "text/csv",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "md": "text/markdown",
    "tei": "application/tei+xml",
}
BATCH = 2_000  # rows of one Parquet row group: some 20 MB of text at most in memory
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
_TEXTS = ("articles", "versions")


def write_form(form: str, table: Table, rows: Iterable[Row], path: Path) -> int:
    """Write rows to a file in one of the FORMS and return how many; ConfigError if that form does not fit."""
    if form in ("md", "tei") and table.name not in _TEXTS:
        raise ConfigError(form, "", f"a form for texts: {' and '.join(_TEXTS)}, not {table.name}")
    if form == "parquet":
        return write_parquet(table, rows, path)
    with path.open("w", encoding="utf-8", errors="replace", newline="") as out:
        return write_text(form, table, rows, out)


def write_text(form: str, table: Table, rows: Iterable[Row], out: TextIO) -> int:
    """Write rows as text and return how many."""
    if form == "csv":
        return write_csv(rows, out, table.names)
    if form == "jsonl":
        return write_jsonl(rows, out)
    return write_markdown(rows, out) if form == "md" else write_tei(table, rows, out)


def write_parquet(table: Table, rows: Iterable[Row], path: Path) -> int:
    """Write rows as Parquet; ConfigError if pyarrow, which only this needs, is not installed."""
    try:
        import pyarrow as pa  # noqa: PLC0415  # an optional extra of 130 MB
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("parquet", "", "needs pyarrow: pip install 'dateline[parquet]'") from error
    types = {
        "string": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", tz="UTC"),
    }
    fields = [pa.field(c.name, types[c.type], metadata={"description": c.says}) for c in table.columns]
    schema = pa.schema(fields, metadata={"description": table.says})
    count, source = 0, iter(rows)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(source, BATCH)):
            columns = [
                pa.array([_typed(column.type, row.values[n]) for row in batch], types[column.type])
                for n, column in enumerate(table.columns)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            count += len(batch)
    return count


def write_markdown(rows: Iterable[Row], out: TextIO) -> int:
    """Write each text under its headline, with where it comes from; nothing of a page is Markdown or HTML."""
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  # the last count is the answer
        said = row.to_dict()
        out.write(f"# {_marked(said['title'])}\n\n")
        facts = (f"{name}: {_marked(said[name])}" for name in _FACTS if said.get(name) not in (None, ""))
        out.write("\n".join(f"- {fact}" for fact in facts) + "\n\n")
        out.writelines(_marked(paragraph) + "\n\n" for paragraph in _paragraphs(said))
        out.write("---\n\n")
    return count


def write_tei(table: Table, rows: Iterable[Row], out: TextIO) -> int:
    """Write a TEI corpus: a `TEI` element for each text, with a header that names its record."""
    out.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<teiCorpus xmlns="http://www.tei-c.org/ns/1.0">\n'
        f"<teiHeader><fileDesc><titleStmt><title>{_xml(table.says)}</title></titleStmt>"
        f"<publicationStmt><p>{_xml(LICENCE)}</p></publicationStmt>"
        "<sourceDesc><p>Captures in WARC files, read by Dateline.</p></sourceDesc></fileDesc></teiHeader>\n"
    )
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  # the last count is the answer
        out.write(_tei(row.to_dict()))
    out.write("</teiCorpus>\n")
    return count


LICENCE = (
    "The texts belong to those who wrote and published them. The archive keeps them as evidence; whoever uses them sees"
    " to it that the law of the place allows that use. Dateline claims no right in them and can grant none."
)
_FACTS = ("site", "authors", "day", "url", "first_seen", "article", "version", "text_hash", "capture", "file", "offset")
_CONVERT: dict[str, Callable[[str], object]] = {"date": date.fromisoformat, "datetime": datetime.fromisoformat}


def _typed(kind: str, value: object) -> object:
    """Return a value as Arrow wants it; a date that is none, which a page may give, becomes null."""
    if isinstance(value, str):
        if kind in _CONVERT:
            try:
                return _CONVERT[kind](value)
            except ValueError:
                return None
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def _paragraphs(said: dict[str, object]) -> Iterator[str]:
    for part in (said["lead"], said["body"]):
        yield from (paragraph for paragraph in str(part or "").split("\n\n") if paragraph.strip())


def _marked(value: object) -> str:
    """Return text that Markdown shows as it is."""
    text = _MARKDOWN.sub(r"\\\1", " ".join(str(value).split()))
    return re.sub(r"^([-+=]|\d+[.)])", r"\\\1", text)


def _xml(value: object) -> str:
    return escape(_NOT_XML.sub("\ufffd", str(value if value is not None else "")))


def _tei(said: dict[str, object]) -> str:
    authors = "".join(f"<author>{_xml(name)}</author>" for name in str(said.get("authors") or "").split("; ") if name)
    language = quoteattr(_NOT_XML.sub("", str(said.get("language") or "und")))
    text = "".join(f"<p>{_xml(paragraph)}</p>\n" for paragraph in _paragraphs(said))
    idnos = "".join(
        f'<idno type="{name}">{_xml(said[name])}</idno>'
        for name in ("article", "version", "capture", "text_hash", "file", "offset")
    )
    return (
        f"<TEI><teiHeader><fileDesc><titleStmt><title>{_xml(said['title'])}</title>{authors}</titleStmt>"
        f"<publicationStmt><publisher>{_xml(said['site'])}</publisher><date>{_xml(said['day'])}</date>{idnos}"
        f"</publicationStmt><sourceDesc><bibl><ref>{_xml(said['url'])}</ref></bibl></sourceDesc></fileDesc></teiHeader>"
        f"<text xml:lang={language}><body><head>{_xml(said['title'])}</head>\n{text}</body></text></TEI>\n"
    )
