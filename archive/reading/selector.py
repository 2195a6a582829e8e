"""CSS selectors of a site's rules: read strictly, and asked only of the elements that hold a page's text.

XPath is not served: a short expression can cost the square of a page, and nothing in libxml2 stops it. cssselect reads
the selectors; what it makes of them is XPath again, so elements are matched here, each against each part once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter

import cssselect
from cssselect.parser import (
    Attrib,
    Class,
    CombinedSelector,
    Element,
    Function,
    Hash,
    Matching,
    Negation,
    Pseudo,
    Tree,
)
from lxml.html import HtmlElement

LONGEST = 200  # characters of a selector: it is the evidence in each passage it decides
MOST_PARTS = 10
SEEN_CHARS = 500  # of an element's text, where :contains() looks
PLAIN = ("first-child", "last-child")
OPERATORS = ("exists", "=", "~=", "|=", "^=", "$=", "*=")
SERVED = "names, .class, #id, [attribute], the four combinators, :contains('...'), :first-child, :last-child, :is, :not"


@lru_cache(maxsize=2_000)
def selector(text: str) -> tuple[Tree, ...]:
    """Return a selector as trees, one for each alternative; ValueError says what is wrong with it.

    >>> len(selector("aside.support, p:contains('Dear readers') ~ p"))
    2
    """
    if len(text) > LONGEST:
        raise ValueError(f"a selector has {len(text)} characters, over {LONGEST}")
    try:
        parsed = cssselect.parse(text)
    except (cssselect.SelectorError, RecursionError) as error:
        raise ValueError(f"{text!r} is no CSS selector: {error}") from error
    if any(one.pseudo_element for one in parsed):
        raise ValueError(f"{text!r} names what is no element of the page")
    trees = tuple(one.parsed_tree for one in parsed)
    parts = [part for tree in trees for part in _parts(tree)]
    if len(parts) > MOST_PARTS:
        raise ValueError(f"{text!r} has {len(parts)} parts, over {MOST_PARTS}")
    for part in parts:
        _require_served(part, text)
    return trees


def _parts(tree: Tree) -> Iterator[Tree]:
    """Yield the tree and all below it, except bare elements."""
    if isinstance(tree, Element):
        return
    yield tree
    yield from _parts(tree.selector)
    if isinstance(tree, CombinedSelector | Negation):
        yield from _parts(tree.subselector)
    elif isinstance(tree, Matching):
        yield from (part for one in tree.selector_list for part in _parts(one))


def _require_served(part: Tree, text: str) -> None:
    match part:
        case Pseudo() if part.ident in PLAIN:
            return
        case Function() if part.name == "contains" and part.argument_types() in (["STRING"], ["IDENT"]):
            return
        case Attrib() if part.operator in OPERATORS:
            return
        case Hash() | Class() | CombinedSelector() | Negation() | Matching():
            return
    raise ValueError(f"{text!r} asks for what is not served; served are {SERVED}")


class Matcher:
    """Finds which of some selectors selects an element of one page; each part is tried on an element once.

    Selectors are filed by what their last part needs (an id, a class or a name), so that most are never tried.
    """

    def __init__(self, selectors: Sequence[str]) -> None:
        self._filed = defaultdict[str, list[tuple[int, Tree]]](list)
        for n, text in enumerate(selectors):
            for tree in selector(text):
                self._filed[_needed(tree)].append((n, tree))
        self._known: dict[tuple[int, HtmlElement], bool] = {}
        self._behind: dict[tuple[int, HtmlElement], dict[HtmlElement, bool]] = {}

    def first(self, node: HtmlElement) -> int | None:
        """Return the number of the first selector that selects this very element, None if none does."""
        signs = ["", str(node.tag), *(f".{name}" for name in (node.get("class") or "").split())]
        if "id" in node.attrib:
            signs.append(f"#{node.get('id')}")
        worth = [filed for sign in signs if sign in self._filed for filed in self._filed[sign]]
        return next((n for n, tree in sorted(worth, key=itemgetter(0)) if self._holds(tree, node)), None)

    def _holds(self, tree: Tree, node: HtmlElement) -> bool:
        key = id(tree), node
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._tried(tree, node)
        return known

    def _tried(self, tree: Tree, node: HtmlElement) -> bool:
        match tree:
            case CombinedSelector():
                return self._holds(tree.subselector, node) and self._stands(tree, node)
            case Element():
                return tree.element in (None, "*") or tree.element.lower() == node.tag
            case _:
                return self._holds(tree.selector, node) and self._is(tree, node)

    def _is(self, tree: Tree, node: HtmlElement) -> bool:
        """True if an element is what the last part of a selector adds to the rest."""
        match tree:
            case Negation():
                holds = not self._holds(tree.subselector, node)
            case Matching():
                holds = any(self._holds(one, node) for one in tree.selector_list)
            case Class():
                holds = tree.class_name in (node.get("class") or "").split()
            case Hash():
                holds = tree.id == node.get("id")
            case Attrib():
                holds = _has_attribute(tree, node)
            case Function():
                holds = str(tree.arguments[0].value) in _beginning(node)
            case _:
                holds = (node.getprevious() if getattr(tree, "ident", "") == "first-child" else node.getnext()) is None
        return holds

    def _stands(self, tree: CombinedSelector, node: HtmlElement) -> bool:
        """True if an element stands below, or beside, one that matches the left side."""
        left = tree.selector
        match tree.combinator:
            case ">":
                parent = node.getparent()
                return parent is not None and self._holds(left, parent)
            case "+":
                before = node.getprevious()
                return before is not None and self._holds(left, before)
            case "~":
                return self._is_behind(left, node)
        return any(self._holds(left, above) for above in node.iterancestors())

    def _is_behind(self, left: Tree, node: HtmlElement) -> bool:
        parent = node.getparent()
        if parent is None:
            return False
        behind = self._behind.get((id(left), parent))
        if behind is None:
            seen = False
            behind = self._behind[id(left), parent] = {}
            for child in parent:
                behind[child] = seen
                seen = seen or self._holds(left, child)
        return behind[node]


def _needed(tree: Tree) -> str:
    """Return the id, class or name without which nothing is selected, '' if it could be any element."""
    while not isinstance(tree, Element):
        match tree:
            case CombinedSelector():
                tree = tree.subselector
            case Hash():
                return f"#{tree.id}"
            case Class():
                return f".{tree.class_name}"
            case _:
                tree = tree.selector
    return "" if tree.element in (None, "*") else tree.element.lower()


def _has_attribute(tree: Attrib, node: HtmlElement) -> bool:
    value = node.get(tree.attrib)
    if value is None or tree.operator == "exists":
        return value is not None
    wanted = (tree.value and tree.value.value) or ""
    match tree.operator:
        case "=":
            return value == wanted
        case "~=":
            return wanted in value.split()
        case "|=":
            return value == wanted or value.startswith(wanted + "-")
    where = {"^=": value.startswith, "$=": value.endswith, "*=": value.__contains__}
    return bool(wanted) and where[tree.operator](wanted)


def _beginning(node: HtmlElement) -> str:
    """Return how the text of an element begins, white space collapsed."""
    found, size = [], 0
    for piece in islice(node.itertext(), SEEN_CHARS):
        found.append(piece[:SEEN_CHARS])
        size += len(piece)
        if size > 2 * SEEN_CHARS:
            break
    return " ".join("".join(found).split())[:SEEN_CHARS]
