"""ReplayWeb.page, which plays our packages in a browser: fetched from npm by name, never kept here (AGPL).

Run: python -m tests.replaywebpage (`make peers` does).
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import quote

import pytest

PACKAGE = "replaywebpage@2.5.3"
INTEGRITY = "sha512-nCj2PSON3BxeSJKE8AsYPyULv0XPZKJWfy4l9PyQre9SqwLZ+WKZVs/sfLqPOQ4GrH+0YkjbwOhr8cSTH08gsQ=="
FOLDER = Path(__file__).parents[1] / ".venv-replaywebpage"
PARTS = ("ui.js", "sw.js")
needs_replaywebpage = pytest.mark.skipif(
    not all((FOLDER / part).exists() for part in PARTS),
    reason="no ReplayWeb.page here: `make peers` fetches it where npm is installed",
)


@contextmanager
def serving(package: Path) -> Iterator[str]:
    """Serve ReplayWeb.page and a WACZ package for as long as the block runs; the address takes `/?URL` to play one."""
    served = {
        "/ui.js": ("text/javascript", (FOLDER / "ui.js").read_bytes()),
        "/replay/sw.js": ("text/javascript", (FOLDER / "sw.js").read_bytes()),
        "/package.wacz": ("application/octet-stream", package.read_bytes()),
    }
    handler = type("Handler", (_Handler,), {"served": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def page_of(url: str, stamp: str) -> str:
    """Return the path of a page that plays one URL of the package."""
    return f"/play?{quote(stamp)}&{quote(url, safe='')}"


class _Handler(BaseHTTPRequestHandler):
    """Files by path, in ranges where asked: the player reads of a package what it needs."""

    protocol_version = "HTTP/1.1"
    served: dict[str, tuple[str, bytes]] = {}  # noqa: RUF012  # each server has its own

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/play":
            stamp, _, url = query.partition("&")
            return self._answer("text/html", _PAGE.format(stamp=stamp, url=url).encode())
        if path not in self.served:
            return self._answer("text/plain", b"", HTTPStatus.NOT_FOUND)
        return self._answer(*self.served[path])

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, kind: str, content: bytes, status: HTTPStatus = HTTPStatus.OK) -> None:
        size, wanted = len(content), self.headers.get("Range", "").removeprefix("bytes=")
        first, _, last = wanted.partition("-")
        start = int(first) if first else max(0, size - int(last)) if last else 0
        end = min(size, int(last) + 1) if first and last else size
        self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else status)
        self.send_header("Content-Type", kind)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[start:end])

    def log_message(self, *_: object) -> None:
        """Say nothing: a test's output is its own."""


_PAGE = """<!doctype html><html><head><title>player</title><script src="/ui.js"></script>
<style>html, body, replay-web-page {{ margin: 0; width: 100%; height: 100%; display: block }}</style></head><body>
<script>
const player = document.createElement("replay-web-page");
const told = {{ source: "/package.wacz", url: decodeURIComponent("{url}"), ts: "{stamp}", replayBase: "/replay/",
               embed: "replayonly" }};
for (const [name, value] of Object.entries(told)) player.setAttribute(name, value);
document.body.append(player);
</script></body></html>"""


def fetch() -> str:
    """Fetch the package, and return what became of it; nothing is kept that is not what was asked for."""
    npm = shutil.which("npm")
    if npm is None:
        return "no npm here: the test that plays packages in ReplayWeb.page will be skipped"
    with TemporaryDirectory() as name:
        subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=name, check=True, capture_output=True, timeout=120)
        (archive,) = Path(name).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != INTEGRITY:
            sys.exit(f"{PACKAGE} is not the one that was pinned: sha512-{digest}")
        FOLDER.mkdir(exist_ok=True)
        with tarfile.open(archive) as content:
            for part in PARTS:
                file = content.extractfile(f"package/{part}")
                assert file is not None
                (FOLDER / part).write_bytes(file.read())
    return f"{FOLDER}: {PACKAGE}"


if __name__ == "__main__":
    print(fetch())
