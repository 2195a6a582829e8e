"""`make fuzz`: change the seeds at random for a while, and report what raised or took too long.

Chance alone guides it, from a seed that is printed, so that a finding can be had again; `make fuzz-guided` is guided by
the branches that a reader takes. What is found belongs into the tests of the reader it was found in.
"""

import argparse
import logging
import os
import random
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from tests.fuzz.targets import TARGETS, Target

SLOW_S = 3.0
FOUND = Path("fuzz-findings")
_WORDS = (
    *(b"<", b">", b"&", b"</", b"]]>", b"<!--", b"<![CDATA[", b"&#x", b"\x00", b"\xff\xfe", b"\xf0\x9f\x9a\xa2"),
    *(b"\r\n", b"\r\n\r\n", b"%zz", b"*", b"99999999999999999999", b"-1", b"{", b"[", b'"', b"'", b"\\", b";", b"="),
)


def changed(seed: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return the seed with some of it replaced, repeated, cut or mixed with another."""
    body = bytearray(seed)
    for _ in range(chance.randint(1, 6)):
        at, end = sorted((chance.randint(0, len(body)), chance.randint(0, len(body))))
        match chance.randint(0, 6):
            case 0:
                body[at:at] = chance.choice(_WORDS) * chance.choice((1, 1, 2, 40, 3_000))
            case 1:
                del body[at : min(end, at + 200)]
            case 2:
                body[at:at] = body[at : min(end, at + 400)] * chance.choice((1, 3, 60))
            case 3:
                body[at : at + 4] = chance.randbytes(4)
            case 4:
                other = chance.choice(others)
                start = chance.randint(0, len(other))
                body[at:end] = other[start : start + chance.randint(0, 400)]
            case 5:
                del body[at:]
            case _ if body:
                body[min(at, len(body) - 1)] ^= 1 << chance.randint(0, 7)
    return bytes(body[:200_000])


def wrong_with(target: Target, body: bytes) -> str | None:
    """Feed a reader once; return what went wrong, None if nothing did."""
    begun = time.process_time()
    try:
        target.read(body)
    except Exception:  # noqa: BLE001 - what it may be is what we want to know
        return traceback.format_exc()
    took_s = time.process_time() - begun
    return f"took {took_s:.1f} s of CPU time" if took_s > SLOW_S else None


def attack(target: Target, seconds: float, chance: random.Random) -> tuple[int, list[tuple[bytes, str]]]:
    """Feed one reader for that long; return how often, and what went wrong with what."""
    found: list[tuple[bytes, str]] = []
    count, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        body = changed(chance.choice(target.seeds), target.seeds, chance)
        if why := wrong_with(target, body):
            found.append((body, why))
        count += 1
    return count, found


def kind_of(why: str) -> str:
    """Return what two findings share that are one."""
    return why.strip().splitlines()[-1][:160]


def keep(name: str, number: int, body: bytes, why: str) -> Path:
    """Write a finding down, and return where."""
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{name}-{number}"
    path.write_bytes(body)
    path.with_suffix(".txt").write_text(why)
    return path


@contextmanager
def hushed() -> Iterator[None]:
    """Keep to itself what libraries say of each bad input: a million of them fill a terminal."""
    logging.disable()
    with warnings.catch_warnings(action="ignore"), Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        yield
    logging.disable(logging.NOTSET)


def options() -> argparse.ArgumentParser:
    """Return what both engines may be told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600.0, help="in all")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", default="", help="one reader, by its name")
    return parser


def main() -> int:
    asked = options().parse_args()
    targets = [t for t in TARGETS if asked.only in ("", t.name)]
    print(f"seed {asked.seed}, {asked.seconds:.0f} s over {len(targets)} readers")
    bad = executions = 0
    for target in targets:
        with hushed():
            count, found = attack(target, asked.seconds / len(targets), random.Random(asked.seed))
        kinds = {kind_of(why): (body, why) for body, why in found}
        print(f"{target.name:10} {count:>9,} executions, {len(found)} findings of {len(kinds)} kinds", flush=True)
        for number, (kind, (body, why)) in enumerate(kinds.items()):
            print(f"           {kind}  -> {keep(target.name, number, body, why)}")
        bad += len(kinds)
        executions += count
    print(f"{'all':10} {executions:>9,} executions, {bad} kinds of findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
