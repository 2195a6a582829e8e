"""What Datasette does for Dateline: limits on every question, safe headers, and pages for articles and versions.

It runs in Datasette's own environment and imports nothing of Dateline's.
"""
# Datasette, which it is written for, is not installed where types are checked.
# mypy: ignore-errors

import difflib
import re
import sqlite3
import weakref
from itertools import pairwise

from datasette import NotFound, Response, hookimpl
from markupsafe import Markup, escape

MAX_VALUE = 5_000_000  # bytes of one value or row: one anonymous `zeroblob` took 4.75 GB without it
MAX_RESULT = 8_000_000  # bytes of all rows of one answer: a thousand rows of 5 MB are as bad
HEAP = 64 << 20  # of SQLite itself, in all threads: what sorts and groups may use before they fail
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
# Texts of strangers are on every page. Datasette's own inline scripts do not run either; its pages do without them.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
        " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}
MAX_WORDS = 20_000  # of one version in a comparison
VERSIONS = (
    "SELECT version, first_seen, captures, title FROM versions_all WHERE article = ? ORDER BY first_seen, version"
)
PASSAGES = "SELECT n, kind, rule, score, text, xpath FROM passages_located WHERE capture = ? ORDER BY n"
ID = re.compile(r"[0-9a-f]{16}")
STYLE = Markup("""
body { font: 16px/1.55 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse } td, th { text-align: left; padding: .1em .8em .1em 0; vertical-align: top }
p.title { font-size: 1.5em; font-weight: bold } p.lead { font-weight: bold } p.heading { font-weight: bold }
p.appeal { background: #f7c6d0 } p.chrome { color: #999; font-size: .85em } p.byline, p.caption { color: #557 }
p.correction, p.note { background: #ffe2c4 } p small { color: #777 }
del { background: #f7c6d0 } ins { background: #cfe8c0; text-decoration: none }
code { font-size: .8em; overflow-wrap: anywhere }
""")


@hookimpl
def prepare_connection(conn, database):
    """Limit what one question may cost; Datasette's own database is left alone."""
    if database == "_internal":
        return
    for limit, value in LIMITS.items():
        conn.setlimit(limit, value)
    for pragma in ("cache_size = -8000", "mmap_size = 0", "temp_store = file"):
        conn.execute(f"PRAGMA {pragma}")
    conn.execute(f"PRAGMA hard_heap_limit = {HEAP}")
    conn.row_factory = _budgeted()


@hookimpl
def handle_exception(exception):
    """Answer a question that needed more memory than it may have as one that asked for too much, not as a fault."""
    if isinstance(exception, MemoryError):
        return Response.text(f"The question needs more than {HEAP >> 20} MB: ask for less.\n", status=400)
    return None


def _budgeted():
    """Return a maker of rows that ends an answer when its values are too large together."""
    spent = weakref.WeakKeyDictionary()

    def row(cursor, values):
        size = sum(len(value) for value in values if isinstance(value, str | bytes))
        spent[cursor] = spent.get(cursor, 0) + size
        if spent[cursor] > MAX_RESULT:
            raise sqlite3.OperationalError(f"the answer is larger than {MAX_RESULT} bytes: ask for less of it")
        return sqlite3.Row(cursor, values)

    return row


@hookimpl
def asgi_wrapper():
    """Send headers that keep browsers from running or guessing anything."""

    def wrap(app):
        async def wrapped(scope, receive, send):
            async def with_headers(event):
                if event["type"] == "http.response.start":
                    own = {name.encode(): value.encode() for name, value in HEADERS.items()}
                    kept = [pair for pair in event.get("headers", ()) if pair[0].lower() not in own]
                    event = {**event, "headers": [*kept, *own.items()]}
                await send(event)

            await app(scope, receive, with_headers)

        return wrapped

    return wrap


@hookimpl
def register_routes():
    """Serve a page for each article, and one for two of its versions."""
    return [
        (r"^/-/article/(?P<article>[0-9a-f]{16})$", article_page),
        (r"^/-/diff/(?P<old>[0-9a-f]{16})/(?P<new>[0-9a-f]{16})$", diff_page),
    ]


@hookimpl
def render_cell(row, value, column, datasette):
    """Lead from ids to pages, and from captures to the replay."""
    if not isinstance(value, str):
        return None
    names = row.keys() if hasattr(row, "keys") else ()
    if column == "article" and ID.fullmatch(value):
        return _link(datasette.urls.path(f"/-/article/{value}"), value)
    if column == "new_version" and "old_version" in names and ID.fullmatch(row["old_version"] or ""):
        return _link(datasette.urls.path(f"/-/diff/{row['old_version']}/{value}"), f"{value} (what changed)")
    if column == "url" and value.startswith(("http://", "https://")):
        seen = next((row[name] for name in ("fetched_at", "seen", "first_seen") if name in names and row[name]), "")
        return _link(_replay(datasette, value, seen), value)
    return None


async def article_page(datasette, request):
    """Show the latest text of an article with every passage of its page, marked by kind, and its versions."""
    article = request.url_vars["article"]
    db = _database(datasette)
    found = (await db.execute("SELECT * FROM article_text WHERE article = ?", [article])).first()
    if found is None:
        raise NotFound(f"no article {article}")
    versions = (await db.execute(VERSIONS, [article])).rows
    passages = (await db.execute(PASSAGES, [found["capture"]])).rows
    facts = [(name, found[name]) for name in ("site", "day", "authors", "language", "agency", "access", "state")]
    place = f"{found['file']} at {found['offset']}, {found['length']} bytes, {found['capture']}"
    proof = f"{place}; text sha256:{found['text_hash']}"
    parts = [
        Markup("<h1>{}</h1>").format(found["title"]),
        Markup("<p>{} · {}</p>").format(
            _link(found["url"], "the page itself"),
            _link(_replay(datasette, found["url"], found["first_seen"]), "as it was captured"),
        ),
        _facts([*facts, ("record", Markup("<code>{}</code>").format(proof))]),
        _versions(datasette, versions),
        Markup("<h2>The page, passage by passage</h2>"),
        Markup("").join(map(_passage, passages)),
    ]
    return _page(datasette, found["title"], parts)


async def diff_page(datasette, request):
    """Show what two versions of an article do not share, word by word."""
    old, new = request.url_vars["old"], request.url_vars["new"]
    db = _database(datasette)
    sql = "SELECT version, article, site, url, first_seen, title, text FROM versions_all WHERE version = ?"
    before, after = (await db.execute(sql, [old])).first(), (await db.execute(sql, [new])).first()
    if before is None or after is None or before["article"] != after["article"]:
        raise NotFound("no two versions of one article have these ids")
    back = _link(datasette.urls.path(f"/-/article/{before['article']}"), before["url"])
    parts = [
        Markup("<h1>What changed</h1><p>{}</p>").format(back),
        _facts([("before", before["first_seen"]), ("after", after["first_seen"])]),
        Markup('<p class="title">{}</p>').format(_compared(before["title"], after["title"])),
        *(Markup("<p>{}</p>").format(part) for part in _paragraphs(before["text"], after["text"])),
    ]
    return _page(datasette, f"What changed: {after['title']}", parts)


def _database(datasette):
    config = datasette.plugin_config("dateline") or {}
    return datasette.get_database(config.get("database", "catalogue"))


def _replay(datasette, url, seen):
    base = (datasette.plugin_config("dateline") or {}).get("replay", "").rstrip("/")
    digits = re.sub(r"\D", "", str(seen))[:14]
    return f"{base}/{digits}/{url}" if digits else f"{base}/{url}"


def _link(target, text):
    if not str(target).startswith(("http://", "https://", "/")):
        return escape(text)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(target, text)


def _facts(pairs):
    rows = (Markup("<tr><th>{}</th><td>{}</td></tr>").format(name, value) for name, value in pairs if value)
    return Markup("<table>{}</table>").format(Markup("").join(rows))


def _versions(datasette, versions):
    if len(versions) < 2:
        return Markup("")
    lines = [Markup("<li>{}: {}</li>").format(versions[0]["first_seen"], versions[0]["title"])]
    for before, after in pairwise(versions):
        link = _link(datasette.urls.path(f"/-/diff/{before['version']}/{after['version']}"), "what changed")
        lines.append(Markup("<li>{}: {} ({})</li>").format(after["first_seen"], after["title"], link))
    return Markup("<h2>Versions</h2><ol>{}</ol>").format(Markup("").join(lines))


def _passage(row):
    family = row["kind"].partition(":")[0]
    why = f"{row['kind']} by {row['rule']}, score {row['score']:.2f}, {row['xpath']}"
    label = Markup(" <small>{}</small>").format(row["kind"]) if family in ("appeal", "chrome", "correction") else ""
    return Markup('<p class="{}" title="{}">{}{}</p>').format(family, why, row["text"], label)


def _paragraphs(before, after):
    old, new = before.split("\n\n"), after.split("\n\n")
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (escape(text) for text in old[i:j])
        else:
            yield _compared("\n".join(old[i:j]), "\n".join(new[k:m]))


def _compared(before, after):
    old, new = re.findall(r"\S+\s*", before)[:MAX_WORDS], re.findall(r"\S+\s*", after)[:MAX_WORDS]
    parts = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=len(old) > 2_000).get_opcodes():
        if tag == "equal":
            parts.append(escape("".join(old[i:j])))
            continue
        if i < j:
            parts.append(Markup("<del>{}</del>").format("".join(old[i:j])))
        if k < m:
            parts.append(Markup("<ins>{}</ins>").format("".join(new[k:m])))
    return Markup("").join(parts)


def _page(datasette, title, parts):
    home = _link(datasette.urls.path("/catalogue"), "Dateline")
    return Response.html(
        str(
            Markup(
                '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{}</title><style>{}</style></head>'
                "<body><p>{}</p>{}</body></html>"
            ).format(title, STYLE, home, Markup("").join(parts))
        )
    )
