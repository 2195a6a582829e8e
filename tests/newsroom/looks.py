"""What makes a page of the newsroom look like one: a style sheet that imports another, and a masthead."""

import re
from collections.abc import Mapping

from tests.newsroom.answers import Answer
from tests.newsroom.pictures import MASTHEAD, PNG, png

PAPER = (0xFA, 0xF3, 0xDC)
"""The yellow that tells a test that the style sheet was applied."""

_HEAD = '<link rel="stylesheet" href="/css/paper.css">\n</head>'
_MASTHEAD = '<img class="masthead" src="/img/masthead.png" alt="">'
_BODY = re.compile(r"<body[^>]*>")

_CSS: Mapping[str, str] = {
    "/css/paper.css": f"""@import url("type.css");
body {{ background: #{bytes(PAPER).hex()} url(/img/watermark.png) no-repeat 100% 100%; margin: 0 10%; }}
.masthead {{ display: block; width: 320px; height: 48px; }}
""",
    "/css/type.css": "body { font: 16px/1.5 serif; }\nh1 { font-size: 32px; }\n",
}


def dressed(page: str) -> str:
    """Return a page with its style sheet and its masthead."""
    return _BODY.sub(lambda found: found[0] + _MASTHEAD, page.replace("</head>", _HEAD, 1), count=1)


def look(path: str) -> Answer | None:
    """Return the style sheet or picture at that path, None if there is none."""
    if path in _CSS:
        return Answer(_CSS[path].encode(), "text/css")
    if path == "/img/masthead.png":
        return Answer(png(320, 48, MASTHEAD), "image/png", gzip=False)
    return Answer(PNG, "image/png", gzip=False) if path.startswith("/img/") else None
