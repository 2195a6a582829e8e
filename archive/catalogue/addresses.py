"""File captures under articles: which address each visited, and what it says of the article there.

Everything is worked out from the set of captures of a site, never from the order of their arrival. `file_captures`
takes some captures that are not filed yet and files again those whose place they may change, and no others.

CROSS JOIN and `+site` keep SQLite from beginning with all captures of a site, which it thinks few until ANALYZE.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlite_utils import Database

from archive.catalogue.identity import article_id
from archive.catalogue.revisits import read_revisits, repeaters
from archive.catalogue.rules import SiteRules

MAX_HOPS = 20  # of a chain of redirects or declared addresses; Scrapy follows as many

# What makes an article of an address: a page that could be read as one, and captures that repeat such a page.
SHOWS = """outcome = 'ok' AND reading IS NOT NULL
          AND (status BETWEEN 200 AND 299 OR (kind = 'revisit' AND ifnull(status, 304) = 304))"""


def unfiled(db: Database, site: str, limit: int) -> list[str]:
    """Return some captures of a site that no `settle` has seen, at most `limit`, by record id."""
    rows = db.execute("SELECT id FROM captures WHERE site = ? AND address IS NULL ORDER BY id LIMIT ?", (site, limit))
    return [row[0] for row in rows]


def place(db: Database, rules: SiteRules, captures: Sequence[str]) -> set[str]:
    """Write the addresses of new captures, and return every address of the site whose filing they may change."""
    touched: set[str] = set()
    for capture in captures:
        url, location, status = _one(db, "SELECT url, location, status FROM captures WHERE id = ?", capture)
        address = rules.address_of(url)
        leads_to = rules.address_of(location) if location and 300 <= (status or 0) < 400 else None
        db.execute("UPDATE captures SET address = ?, leads_to = ? WHERE id = ?", (address, leads_to, capture))
        touched.add(address)
        touched |= repeaters(db, rules.site, capture)
    for address in sorted(touched):
        read_revisits(db, rules.site, address)
        touched |= _declare(db, rules, address)
    return _with_dependants(db, rules.site, touched)


def articles_at(db: Database, site: str, addresses: Iterable[str]) -> set[str]:
    """Return the articles under which captures of these addresses are filed now."""
    found: set[str] = set()
    for address in addresses:
        rows = db.execute(
            "SELECT DISTINCT article FROM captures WHERE site = ? AND address = ? AND article IS NOT NULL",
            (site, address),
        )
        found.update(row[0] for row in rows)
    return found


def file_captures(db: Database, rules: SiteRules, addresses: Iterable[str]) -> None:
    """File every capture at these addresses: pages first, for what a redirect says depends on where it leads."""
    ordered = sorted(addresses)
    for address in ordered:
        _file_pages(db, rules.site, address)
    for address in ordered:
        _file_others(db, rules, address)


def resolved(db: Database, site: str, address: str) -> str:
    """Return the address under which pages at an address are filed; those that name each other share the least."""
    seen = [address]
    while len(seen) <= MAX_HOPS:
        row = db.execute("SELECT into_address FROM merges WHERE site = ? AND address = ?", (site, seen[-1])).fetchone()
        if row is None:
            return seen[-1]
        if row[0] in seen:
            return min(seen[seen.index(row[0]) :])
        seen.append(row[0])
    return seen[-1]


# ---------------------------------------------------------------------------------------------------- addresses


def _declare(db: Database, rules: SiteRules, address: str) -> set[str]:
    """Note the address that pages at this one declare to be their own: the first that may merge speaks.

    The address noted before is returned: it has lost pages if it is another one.
    """
    noted = db.execute(
        "SELECT into_address FROM merges WHERE site = ? AND address = ?", (rules.site, address)
    ).fetchall()
    db.execute("DELETE FROM merges WHERE site = ? AND address = ?", (rules.site, address))
    rows = db.execute(
        f"""
        SELECT c.id, c.url, r.declared_canonical, r.og_url, r.jsonld_url
        FROM captures AS c
        JOIN readings AS r ON r.id = c.reading
        WHERE c.site = :site AND c.address = :address AND r.declared_canonical IS NOT NULL AND {SHOWS}
        ORDER BY c.fetched_at, c.id
        """,
        {"site": rules.site, "address": address},
    ).fetchall()
    for capture, url, declared, og_url, jsonld_url in rows:
        target = rules.merges(url, declared, og_url, jsonld_url)
        if target is not None:
            db.execute("INSERT INTO merges VALUES (?, ?, ?, ?)", (rules.site, address, target, capture))
            break
    return {row[0] for row in noted}


def _with_dependants(db: Database, site: str, addresses: Iterable[str]) -> set[str]:
    """Return the addresses and all that lead to them, by a declaration or a redirect, over any number of steps."""
    found: set[str] = set()
    fresh = set(addresses)
    while fresh:
        found |= fresh
        fresh = {other for address in fresh for other in _leading_to(db, site, address)} - found
    return found


def _leading_to(db: Database, site: str, address: str) -> Iterator[str]:
    """Yield the addresses next to one: what merges into it or redirects to it, and what it merges into.

    The last because the article there lives by the pages of both.
    """
    rows = db.execute(
        """
        SELECT address FROM merges WHERE site = :site AND into_address = :address
        UNION
        SELECT into_address FROM merges WHERE site = :site AND address = :address
        UNION
        SELECT address FROM captures WHERE site = :site AND leads_to = :address
        """,
        {"site": site, "address": address},
    )
    for row in rows:
        yield row[0]


# ---------------------------------------------------------------------------------------------------- filing


def _file_pages(db: Database, site: str, address: str) -> None:
    """File the captures that show an article; the others at the address are filed afterwards."""
    where = {"site": site, "address": address}
    db.execute(
        "UPDATE captures SET article = NULL, evidence = NULL, version = NULL WHERE site = :site AND address = :address",
        where,
    )
    if db.execute(f"SELECT 1 FROM captures WHERE site = :site AND address = :address AND {SHOWS}", where).fetchone():
        root = resolved(db, site, address)
        article = article_id(site, root)
        db.execute("INSERT OR IGNORE INTO articles (id, site, address) VALUES (?, ?, ?)", (article, site, root))
        db.execute(
            f"""
            UPDATE captures
            SET article = :article, evidence = 'shown'
            WHERE site = :site AND address = :address AND {SHOWS}
            """,
            {**where, "article": article},
        )


def _file_others(db: Database, rules: SiteRules, address: str) -> None:
    """File redirects, errors and pages that are no article under the article whose address was asked, if any."""
    own = _article_of(db, rules.site, address)
    rows = db.execute(
        """
        SELECT id, status, leads_to FROM captures
        WHERE site = ? AND address = ? AND evidence IS NULL
        """,
        (rules.site, address),
    ).fetchall()
    for capture, status, leads_to in rows:
        article, evidence = own, None
        if status in (404, 410) and own:
            evidence = "gone"
        elif leads_to == address and own:
            evidence = "alias"
        elif leads_to and leads_to != address:
            article, evidence = _redirected(db, rules, own, address, leads_to)
        db.execute("UPDATE captures SET article = ?, evidence = ? WHERE id = ?", (article, evidence, capture))


def _redirected(
    db: Database, rules: SiteRules, own: str | None, address: str, leads_to: str
) -> tuple[str | None, str | None]:
    """Return what a redirect says: its article moved, is gone, or an address is another name of an article."""
    end = _end_of_chain(db, rules.site, leads_to)
    target = _article_of(db, rules.site, end)
    if target is not None and target == own:
        return own, "alias"
    if target is not None:
        return (own, "moved") if own else (target, "alias")
    is_gone = rules.is_listing(leads_to, address) or rules.is_listing(end, address) or _is_no_article(db, rules, end)
    return own, "gone" if own and is_gone else None


def _end_of_chain(db: Database, site: str, address: str) -> str:
    """Return the address at which a chain of redirects ends, as far as it was followed and is in the catalogue."""
    seen = [address]
    while len(seen) <= MAX_HOPS and _article_of(db, site, seen[-1]) is None:
        row = db.execute(
            """
            SELECT leads_to FROM captures
            WHERE site = ? AND address = ? AND leads_to IS NOT NULL
            ORDER BY fetched_at DESC, id DESC
            LIMIT 1
            """,
            (site, seen[-1]),
        ).fetchone()
        if row is None or row[0] in seen:
            break
        seen.append(row[0])
    return seen[-1]


def _article_of(db: Database, site: str, address: str) -> str | None:
    """Return the article filed under an address; None if no capture shows one."""
    article = article_id(site, resolved(db, site, address))
    shown = db.execute("SELECT 1 FROM captures WHERE article = ? AND evidence = 'shown' LIMIT 1", (article,)).fetchone()
    return article if shown else None


def _is_no_article(db: Database, rules: SiteRules, address: str) -> bool:
    """True if what lies at an address could be read, and was found to be something else than an article."""
    found = db.execute(
        "SELECT 1 FROM captures WHERE site = ? AND address = ? AND outcome = 'not_article' LIMIT 1",
        (rules.site, address),
    ).fetchone()
    return found is not None


def _one(db: Database, sql: str, *values: object) -> tuple[str, str | None, int | None]:
    row = db.execute(sql, values).fetchone()
    return row[0], row[1], row[2]
