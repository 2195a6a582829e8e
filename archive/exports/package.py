"""Describe an exported file as a data package: what each column says, how many rows, what may be done with it."""

import json
from datetime import datetime
from pathlib import Path

from archive.exports.forms import LICENCE, MEDIA_TYPES
from archive.exports.tables import Table
from archive.warc.fixity import sha256_of

SUFFIX = ".datapackage.json"
_TYPES = {"string": "string", "integer": "integer", "number": "number", "date": "date", "datetime": "datetime"}


def describe(path: Path, form: str, table: Table, rows: int, choice: str, software: str, now: datetime) -> Path:
    """Write the description of an exported file beside it and return its path (Data Package 1.0)."""
    resource: dict[str, object] = {
        "name": table.name,
        "path": path.name,
        "title": table.says,
        "format": form,
        "mediatype": MEDIA_TYPES[form],
        "encoding": "utf-8",
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256_of(path)}",
        "rows": rows,
        "schema": {
            "fields": [{"name": c.name, "type": _TYPES[c.type], "description": c.says} for c in table.columns],
            "missingValues": [""],
        },
    }
    if form == "csv":
        resource["description"] = (
            "A text that begins as a spreadsheet formula does (=, +, -, @, tab, line end) has an apostrophe in front."
        )
    package = {
        "profile": "data-package",
        "name": f"dateline-{table.name}",
        "title": f"Dateline: {table.name}, {choice}",
        "description": f"{table.says} {LICENCE}",
        "created": now.isoformat(timespec="seconds"),
        "sources": [{"title": f"a Dateline archive, written by {software}"}],
        "licenses": [{"name": "none-granted", "title": LICENCE}],
        "resources": [resource],
    }
    target = path.with_name(path.name + SUFFIX)
    target.write_text(json.dumps(package, ensure_ascii=False, indent=1), "utf-8")
    return target
