"""Newspapers made of numbers, served as fast as a loopback can: for crawls that are to be killed many times."""

import asyncio
import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

_TEXT = "ferry harbour council fog crew pier lamp signal morning tide rope engine letter island market winter"
WORDS = _TEXT.split()
REPEATED = 20  # every twentieth page of a paper has the body of its first


class NumberPress:
    """`hosts` papers with `pages` articles in all, each listed in its paper's sitemap.

    `hits` counts requests by URL. `on_hit` is called with the number of article pages served so far.
    """

    def __init__(self, pages: int, hosts: int = 8) -> None:
        self.names = tuple(f"paper-{number}.test" for number in range(hosts))
        self.urls = tuple(f"http://{self.names[n % hosts]}/2026/03/14/report-{n // hosts}" for n in range(pages))
        self.hits: Counter[str] = Counter()
        self.on_hit: Callable[[int], None] = lambda _: None
        self.port = 0
        self._pages = 0
        self._loop = asyncio.new_event_loop()
        self._is_up = Event()
        self._thread = Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_up.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def declare(self, folder: Path, resolve: Path) -> None:
        """Write the papers' site files, and where their names lead."""
        for name in self.names:
            (folder / f"{name.removesuffix('.test')}.toml").write_text(
                f'home = "http://{name}/"\nlanguages = ["en"]\n\n'
                f'[[source]]\nkind = "sitemap"\nurl = "http://{name}/sitemap.xml"\n\n'
                "[scope]\narticle = ['^/2026/']\n\n[polite]\ndelay = \"0s\"\n"
            )
        resolve.write_text("".join(f"{name}:80:127.0.0.1:{self.port}\n" for name in self.names))

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path = head.split(" ", 2)[1]
                host = next(line[6:] for line in head.split("\r\n") if line.lower().startswith("host: "))
                writer.write(self._answer(host.partition(":")[0], path))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()  # the crawl was killed, or the press closes

    def _answer(self, host: str, path: str) -> bytes:
        url = f"http://{host}{path}"
        self.hits[url] += 1
        if path == "/sitemap.xml":
            locations = "".join(f"<url><loc>{u}</loc></url>" for u in self.urls if u.startswith(f"http://{host}/"))
            text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{locations}</urlset>'
            return _reply(text.encode(), "application/xml")
        if not path.startswith("/2026/"):
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        self._pages += 1
        self.on_hit(self._pages)
        return _page(int(path.rpartition("-")[2]))


def _page(number: int) -> bytes:
    """One page in one of three codings, by its number."""
    told = number if number % REPEATED else 0
    body = _html(told).encode()
    if told % 3 == 1:
        return _reply(gzip.compress(body, mtime=0), "text/html; charset=utf-8", "Content-Encoding: gzip")
    if told % 3 == 2:
        pieces = [body[at : at + 900] for at in range(0, len(body), 900)]
        framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n" + framed
        )
    return _reply(body, "text/html; charset=utf-8")


def _html(number: int) -> str:
    def sentence(line: int) -> str:
        picked = [WORDS[(number * 7 + line * 5 + at * at) % len(WORDS)] for at in range(14)]
        return f"In report {number} the {' '.join(picked)} was counted {line + 1} times before noon."

    paragraphs = "".join(f"<p>{sentence(line)} {sentence(line + 9)}</p>" for line in range(8))
    title = f"Report {number} of the harbour"
    meta = '<meta property="og:type" content="article"><meta property="article:published_time" content="2026-03-14">'
    head = f"<head><title>{title}</title>{meta}</head>"
    return f"<!doctype html><html lang=en>{head}<body><article><h1>{title}</h1>{paragraphs}</article></body></html>"


def _reply(body: bytes, kind: str, *fields: str) -> bytes:
    head = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", *fields, f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
