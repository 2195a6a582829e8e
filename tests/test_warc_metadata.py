"""The metadata record of an exchange."""

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Link, Provenance
from archive.warc.metadata import Notes, decode_notes, decode_provenance, encode_provenance, is_ours
from tests.exchanges import PROVENANCE

# A lone surrogate is no text, but a title may hold one after a careless cut; JSON carries it.
texts = st.text(st.characters())
times = st.none() | st.datetimes(timezones=st.just(UTC))
names = st.none() | texts
links = st.builds(
    Link,
    url=texts,
    found_in=texts,
    source=texts,
    role=st.sampled_from(["robots", "source", "article", "requisite"]),
    source_kind=st.none() | st.sampled_from(["feed", "sitemap", "list"]),
    title=names,
    published=times,
    modified=times,
    language=names,
    authors=st.lists(texts).map(tuple),
    alternates=st.lists(st.tuples(texts, texts)).map(tuple),
)
provenances = st.builds(
    Provenance,
    run=texts,
    site=names,
    source=names,
    link=st.none() | links,
    via=names,
    hops=st.integers(0, 99),
    lease=names,
    attempt=st.integers(1, 99),
    fidelity=st.sampled_from(["wire", "reconstructed"]),
    software=texts,
    settings=texts,
)
seconds = st.none() | st.floats(0, 1e6)
all_notes = st.builds(
    Notes,
    interim=st.lists(st.binary(), max_size=3).map(tuple),
    unparsable=st.none() | st.binary(),
    not_modified_head=st.none() | st.binary(),
    payload_length=st.none() | st.integers(0),
    truncated=st.none() | st.sampled_from(["length", "time", "disconnect", "unspecified"]),
    redacted=st.lists(texts).map(tuple),
    first_byte_s=seconds,
    ended_s=seconds,
    excess=st.integers(0),
    tls=names,
    cipher=names,
)


@given(provenances, all_notes)
def test_what_is_said_of_an_exchange_comes_back_as_it_was(provenance: Provenance, notes: Notes) -> None:
    block = encode_provenance(provenance, notes)

    assert decode_provenance(block) == provenance
    assert decode_notes(block) == notes


@given(provenances, all_notes)
def test_a_block_is_ascii_lines_of_one_key_each_the_schema_first(provenance: Provenance, notes: Notes) -> None:
    block = encode_provenance(provenance, notes)

    lines = block.decode("ascii").removesuffix("\r\n").split("\r\n")
    assert lines[0] == "dateline-schema: 1"
    assert all(line.isprintable() and ": " in line for line in lines)
    assert is_ours(block)


def test_what_is_not_known_is_not_written() -> None:
    block = encode_provenance(Provenance(run="r"))

    assert block == (b'dateline-schema: 1\r\nrole: "article"\r\nrun: "r"\r\nattempt: 1\r\nfidelity: "wire"\r\n')


def test_keys_of_a_later_program_are_passed_over() -> None:
    block = encode_provenance(PROVENANCE) + b'mood: {"calm": true}\r\n'

    assert decode_provenance(block) == PROVENANCE


@pytest.mark.parametrize(
    "block", [b"", b"via: http://a.test/\r\n", b"dateline-schema: 2\r\n", b"dateline-schema: 1\r\nx"]
)
def test_a_block_of_another_kind_is_refused(block: bytes) -> None:
    with pytest.raises(ValueError, match=r"metadata block|Expecting value"):
        decode_provenance(block)
