"""Every reader of what others wrote takes any bytes; `make fuzz` goes on where this ends."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.run import attack, changed, kind_of, wrong_with
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_reader_takes_its_seeds_and_what_chance_makes_of_them(target: Target) -> None:
    for seed in target.seeds:
        target.read(seed)

    _, found = attack(target, 0.3, random.Random(20_260_304))

    assert [why for _, why in found] == []


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@settings(max_examples=30, deadline=None, database=None)
@given(body=st.binary(max_size=200))
def test_a_reader_takes_any_bytes(target: Target, body: bytes) -> None:
    target.read(body)


FOUND = {
    "sitemap": (b"<?xml version='1.0' encoding='uu'?><urlset>\xe9</urlset>",),
    "page": (b"<html><meta charset=uu><p>The ferry resumes on Tuesday.</p>",),
    "address": (b"https://courier.test/a/..;jsessionid=9?id=7",),
    "query": (b'"ferry strike" NEAR(harbour fog,' + b" " * 41 + b"5)", b"NEAR(a b, )"),
    "site-file": (b"home = " + b"9" * 5_000, b"polite.delay = 0x" + b"f" * 9_000),
}


@pytest.mark.parametrize("target", [t for t in TARGETS if t.name in FOUND], ids=lambda target: target.name)
def test_what_was_found_once_is_taken_now(target: Target) -> None:
    for body in FOUND[target.name]:
        target.read(body)


def test_what_a_reader_raises_is_a_finding_and_an_answer_is_none() -> None:
    fragile = Target("fragile", lambda body: body.decode("ascii"), (b"fog",))

    assert wrong_with(fragile, b"fog") is None
    assert kind_of(wrong_with(fragile, b"f\xf6g") or "").startswith("UnicodeDecodeError")


def test_changes_are_the_same_for_the_same_chance() -> None:
    seeds = [b"<rss><channel/></rss>", b"<feed/>"]

    assert changed(seeds[0], seeds, random.Random(7)) == changed(seeds[0], seeds, random.Random(7))
