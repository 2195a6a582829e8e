"""The picture an article leads with: its address, what stands under it, and who made it."""

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.model import Image, Kind, Passage
from archive.reading.blocks import Block
from archive.reading.head import Head
from archive.reading.jsonld import Story
from archive.reading.metadata import AGENCIES
from archive.reading.squash import squash

ADDRESS = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
ALT = ("og:image:alt", "twitter:image:alt")
CAPTIONS = 6  # looked at in a page
CLIMB = 4  # elements from a caption up to what also holds its picture
LONGEST_CREDIT = 80
SIZE = re.compile(r"[-_]?\d{2,4}x\d{2,4}$|[-_](?:w|h)?\d{2,4}$")
SHORTEST_NAME = 5  # letters of a file name that do not stand in others by chance
# "Photo: ...", "(Foto: ...)", "Image credit: ..." at the end of a caption, in languages that write it so.
MADE_BY = re.compile(
    r"[(\[|/]?\s*\b(?:(?:photo|image|picture|foto|bild)[ -]?(?:credits?|by|nachweis|quelle)|photos?|photographs?"
    r"|pictures?|images?|credits?|cr[ée]dits?(?: photo)?|cr[ée]ditos?|fotos?|fotograf(?:ie|ía|ia)?|bild(?:er)?|fot\."
    r"|kuva|valokuva|zdjęcie|фото|写真|사진|图|圖)\s*[:：©/]\s*(.{2,80}?)\s*[)\]]?\s*$",
    re.IGNORECASE,
)
COPYRIGHT = re.compile(r"[(\[|]?\s*(?:©|\(c\))\s*(.{2,80}?)\s*[)\]]?\s*$", re.IGNORECASE)
HOUSES = frozenset(AGENCIES) | frozenset(  # who signs pictures with nothing but their name
    "gettyimages getty istock shutterstock imago imagoimages picturealliance alamy unsplash pixabay epa pa".split()  # noqa: SIM905
)
BRACKETED = re.compile(r"\s*[(\[]([^()\[\]]{2,60})[)\]]\s*$")


def image_of(
    head: Head, story: Story, blocks: Sequence[Block], passages: Sequence[Passage]
) -> tuple[Image | None, dict[str, str]]:
    """Return the picture with caption and credit, and where each was found; None where the page declares no picture.

    The caption on the page is that under a picture of the same file name, or else the one above the text.
    """
    declared = head.first(*ADDRESS)
    url = declared or story.image
    if not url:
        return None, {}
    sources = {"image": "meta" if declared else "json-ld"}
    caption = credit = ""
    at = _caption_at(url, blocks, passages)
    if at is not None:
        caption, credit = _parted(passages[at].text)
        sources |= {"caption": "page", "credit": "page"}
        credit = credit or _credit_below(at, blocks, passages)
    if not caption:
        caption, sources["caption"] = (story.image_caption, "json-ld") if at is None else ("", "")
    if not caption and at is None:
        caption, sources["caption"] = head.first(*ALT), "meta"
    if not credit:
        credit, sources["credit"] = story.image_credit, "json-ld"
    known = {"caption": caption, "credit": credit, "image": url}
    return Image(url, caption or None, credit or None), {k: v for k, v in sources.items() if known[k]}


def _caption_at(url: str, blocks: Sequence[Block], passages: Sequence[Passage]) -> int | None:
    captions = [i for i, p in enumerate(passages) if p.kind is Kind.CAPTION and _is_told(p.text)][:CAPTIONS]
    wanted = _name(url)
    for i in captions:
        figure = _figure(blocks[i].node)
        if figure is not None and len(wanted) >= SHORTEST_NAME and any(wanted in n for n in _pictures(figure)):
            return i
    first_text = next((i for i, p in enumerate(passages) if p.kind is Kind.BODY), 0)
    above = [i for i in captions if i < first_text and _figure(blocks[i].node) is not None]
    return above[0] if above else None


def _is_told(text: str) -> bool:
    """False for the name of a file and the length of a film, which stand where a caption does."""
    return " " in text or not text.isascii()


def _figure(node: HtmlElement) -> HtmlElement | None:
    """Return the element nearest to a caption that holds a picture too."""
    holder: HtmlElement | None = node
    for _ in range(CLIMB):
        if holder is None or holder.tag in ("body", "article", "main"):
            return None
        if next(holder.iter("img"), None) is not None:
            return holder
        holder = holder.getparent()
    return None


def _pictures(figure: HtmlElement) -> list[str]:
    """Return the squashed addresses of the pictures in an element."""
    images = list(figure.iter("img", "source"))[:20]
    named = ("src", "srcset", "data-src", "data-srcset", "data-original")
    return [squash(value) for image in images for name in named if (value := image.get(name))]


def _name(url: str) -> str:
    """Return the squashed name of a picture's file, less its size."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    name = path.rstrip("/").rpartition("/")[2]
    return squash(SIZE.sub("", name.rpartition(".")[0] or name))


def _parted(text: str) -> tuple[str, str]:
    """Return a caption and the credit that ends it.

    >>> _parted("The ferry in May. Photo: Ada Lind/Reuters")
    ('The ferry in May.', 'Ada Lind/Reuters')
    """
    for form in (MADE_BY, COPYRIGHT):
        if found := form.search(text):
            return text[: found.start()].strip(" |–—-"), found[1].strip()
    bracketed = BRACKETED.search(text)
    if bracketed and _is_house(bracketed[1], any):
        return text[: bracketed.start()].strip(), bracketed[1].strip()
    return ("", text) if _is_house(text, all) else (text, "")


def _is_house(text: str, of: Callable[[Iterable[bool]], bool]) -> bool:
    """True if any or all of the names that a text gives are those of agencies and picture houses."""
    return of(squash(part) in HOUSES for part in re.split(r"[/,]| via ", text))


def _credit_below(at: int, blocks: Sequence[Block], passages: Sequence[Passage]) -> str:
    """Return the credit that stands in a line of its own under the same picture, or ''."""
    figure = _figure(blocks[at].node)
    for i in range(at + 1, min(at + 3, len(passages))):
        if len(passages[i].text) > LONGEST_CREDIT or figure is None or figure not in blocks[i].node.iterancestors():
            break
        caption, credit = _parted(passages[i].text)
        if credit and not caption:
            return credit
        if passages[i].kind is Kind.CAPTION:
            return passages[i].text
    return ""
