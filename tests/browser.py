"""A real browser without a window, and the colours on its screen."""

import shutil
import struct
import subprocess
import zlib
from collections import Counter
from pathlib import Path

import pytest

Colour = tuple[int, int, int]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")

# Virtual time runs as fast as the page lets it: 8 s of the page's clock are 2 s of ours.
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=600,500")


def dom_of(url: str, profile: Path) -> str:
    """Return the document that the browser made of a page, frames left out."""
    return _run(profile, "--dump-dom", url)


def colours_of(url: str, profile: Path) -> Counter[Colour]:
    """Return how many pixels of each colour the browser shows of a page."""
    target = profile / "screen.png"
    _run(profile, f"--screenshot={target}", url)
    return Counter(pixels(target.read_bytes()))


def _run(profile: Path, *arguments: str) -> str:
    profile.mkdir(exist_ok=True)
    options = [f"--user-data-dir={profile / 'profile'}", "--virtual-time-budget=8000", *arguments]
    done = subprocess.run([str(CHROMIUM), *_FLAGS, *options], capture_output=True, text=True, timeout=90, check=True)
    return done.stdout


def pixels(png: bytes) -> list[Colour]:
    """Return the pixels of a picture as a browser writes it: 8 bits, RGB or RGBA, not interlaced."""
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    assert (depth, interlaced) == (8, 0)
    assert kind in (2, 6)
    size = 3 if kind == 2 else 4
    lines = zlib.decompress(b"".join(_chunks(png, b"IDAT")))
    above, found = bytearray(width * size), list[Colour]()
    for n in range(height):
        start = n * (width * size + 1)
        above = _unfiltered(lines[start], bytearray(lines[start + 1 : start + 1 + width * size]), above, size)
        found += zip(above[0::size], above[1::size], above[2::size], strict=True)
    return found


def _chunks(png: bytes, wanted: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        if name == wanted:
            found.append(png[at + 8 : at + 8 + length])
        at += length + 12
    return found


def _unfiltered(how: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    """Undo the filter of one line (PNG, 9.2)."""
    for at in range(len(line)):
        left = line[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[how]
        line[at] = (line[at] + guess) & 0xFF
    return line


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))
