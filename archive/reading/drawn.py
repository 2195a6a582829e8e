"""Articles of pages that a script draws: the markup of the text lies in the page as a string of the script's data.

Looked for only where the page itself shows next to nothing. What is found hangs below its script element, so that the
path of a passage, `/html/body/script[3]/article/p[1]`, says where in the capture it stands.
"""

import json
import re

from lxml import etree
from lxml.html import HtmlElement

STRING = re.compile(r'(?<=[:,\[(=])\s*("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)
MARKUP = re.compile(r"<(?:p|br|div)\b", re.IGNORECASE)
LEAST_PARTS = 2  # paragraphs or line breaks from which a string is the markup of a text
LEAST_LETTERS = 400  # of a string, tags and all: shorter ones are teasers
NESTED = 2  # strings of data in strings of data that are opened
LARGEST = 5_000_000  # letters of a script that are searched


def article_in_scripts(root: HtmlElement) -> HtmlElement | None:
    """Return the longest text that a script of the page holds as markup, hung below that script; None if there is none.

    >>> from lxml.html import fromstring
    >>> data = json.dumps({"text": "<p>" + "Rain fell. " * 40 + "</p><p>It stopped.</p>"})
    >>> page = fromstring(f"<body><script>draw({data})</script></body>")
    >>> article_in_scripts(page).xpath("count(p)")
    2.0
    """
    found = [(markup, script) for script in root.iter("script") for markup in _markup_in(script.text or "")]
    if not found:
        return None
    markup, script = max(found, key=lambda one: len(one[0]))
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    body = etree.fromstring(f"<body>{markup}</body>".encode("utf-8", "replace"), parser).find("body")
    if not isinstance(body, HtmlElement):
        return None
    body.tag = "article"
    script.append(body)
    return body


def _markup_in(text: str, depth: int = NESTED) -> list[str]:
    """Return the strings in a script that are the markup of a text."""
    found: list[str] = []
    if len(text) > LARGEST:
        return found
    for literal in STRING.findall(text):
        if len(literal) < LEAST_LETTERS:
            continue
        try:
            string = json.loads(literal, strict=False)
        except ValueError:  # a string of the script, but not one of JSON
            continue
        if string.lstrip().startswith("<"):
            found += [string] if len(MARKUP.findall(string)) >= LEAST_PARTS else []
        elif depth:
            found += _markup_in(string, depth - 1)
    return found
