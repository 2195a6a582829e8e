"""The control page: how another process reads and moves the clock, adds faults and reads the log.

GET  http://control.test/now            PUT /now      2025-03-20T08:00:00Z
GET  http://control.test/state          POST /faults  {"host": "*.test", "status": 429}
GET  http://control.test/hits?host=&path=             POST /release/NAME      DELETE /faults      DELETE /hits
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from tests.newsroom.answers import Answer, Ask, error
from tests.newsroom.faults import Fault
from tests.newsroom.tables import build

if TYPE_CHECKING:
    from tests.newsroom.newsroom import Newsroom

TIMES = ("since", "until")


@dataclass(frozen=True, slots=True)
class Control:
    """The host that answers for the newsroom itself; its requests are not logged."""

    newsroom: "Newsroom"

    def answer(self, ask: Ask, now: datetime) -> Answer:
        """Do what is asked; 400 says what could not be understood."""
        try:
            return self._answer(ask)
        except (ValueError, TypeError) as problem:
            return error(400, str(problem))

    def _answer(self, ask: Ask) -> Answer:
        newsroom, text = self.newsroom, ask.content.decode()
        match ask.method, ask.path.strip("/").split("/"):
            case "GET", ["now"]:
                return _text(newsroom.now.isoformat())
            case "PUT", ["now"]:
                newsroom.now = datetime.fromisoformat(text.strip())
            case "GET", ["state"]:
                return _text(newsroom.state())
            case "GET", ["hits"]:
                hits = newsroom.hits(ask.argument("host") or "*", ask.argument("path") or "*")
                return _text("".join(h.to_json() + "\n" for h in hits))
            case "POST", ["faults"]:
                newsroom.add_fault(_fault(text))
            case "POST", ["release", name]:
                newsroom.release(name)
            case "DELETE", ["faults"]:
                newsroom.faults.clear()
            case "DELETE", ["hits"]:
                newsroom.log.clear()
            case _:
                return error(404)
        return _text(newsroom.state())


def _fault(text: str) -> Fault:
    table = json.loads(text)
    moments = {k: datetime.fromisoformat(table[k]) for k in TIMES if k in table}
    return build(Fault, {**table, **moments})


def _text(text: str) -> Answer:
    return Answer((text.rstrip("\n") + "\n").encode(), "text/plain; charset=utf-8")
