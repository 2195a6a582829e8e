"""Pages are read where they can do no harm, and every page has an outcome."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.errors import ReadingError
from archive.reading.box import Box
from archive.reading.job import Job

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LOADER = "tests.box_pages:slice_of"
SENTENCE = b"The ferry to the outer islands resumes on Tuesday, the port authority said on Sunday. "


def page(n: int) -> bytes:
    paragraphs = b"".join(b"<p>%s Sailing %d.</p>" % (SENTENCE * 3, k) for k in range(4))
    return b"<html><body><article><h1>Ferry %d</h1>%s</article></body></html>" % (n, paragraphs)


@pytest.fixture
def pages(tmp_path: Path) -> list[Job]:
    """Return 24 articles in one file."""
    path, jobs, offset = tmp_path / "pages", [], 0
    with path.open("wb") as handle:
        for n in range(24):
            body = page(n)
            handle.write(body)
            jobs.append(Job(str(path), offset, len(body), f"https://courier.test/{n}", NOON))
            offset += len(body)
    return jobs


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with Box(LOADER, workers=2, cpu_s=1.0, deadline_s=20.0) as box:
        yield box


def faulty(tmp_path: Path, name: str) -> Job:
    return Job(str(tmp_path / name), 0, 0, f"https://courier.test/{name}", NOON)


def test_pages_come_back_in_the_order_asked_for(box: Box, pages: list[Job]) -> None:
    answers = list(box.read_many(pages))

    assert [job for job, _ in answers] == pages
    assert {reading.outcome for _, reading in answers} == {"ok"}
    titles = [reading.article.title for _, reading in answers if reading.article]
    assert titles == [f"Ferry {n}" for n in range(24)]


def test_a_page_that_spins_costs_itself_alone(box: Box, pages: list[Job], tmp_path: Path) -> None:
    jobs = [*pages[:3], faulty(tmp_path, "spin"), *pages[3:]]

    answers = list(box.read_many(jobs))

    assert [reading.outcome for _, reading in answers] == ["ok"] * 3 + ["timeout"] + ["ok"] * 21
    assert answers[3][1].reason == "CPU limit"


def test_the_rest_of_a_batch_is_read_after_a_crash_in_its_middle(box: Box, pages: list[Job], tmp_path: Path) -> None:
    crash = faulty(tmp_path, "crash")
    jobs = [pages[0], crash, pages[1], crash, crash, pages[2]]

    answers = list(box.read_many(jobs))

    assert [reading.outcome for _, reading in answers] == [
        "ok", "unreadable", "ok", "unreadable", "unreadable", "ok",
    ]  # fmt: skip
    assert answers[1][1].reason == "the reading process ended with -11"


def test_a_killed_worker_is_replaced_in_well_under_a_second(box: Box, pages: list[Job], tmp_path: Path) -> None:
    crash = faulty(tmp_path, "crash")
    list(box.read_many(pages[:1]))
    before = time.monotonic()

    answers = list(box.read_many([crash, pages[0]] * 4))

    assert [reading.outcome for _, reading in answers] == ["unreadable", "ok"] * 4
    assert (time.monotonic() - before) / 4 < 1.0


def test_a_page_that_sleeps_meets_the_wall_deadline(pages: list[Job], tmp_path: Path) -> None:
    with Box(LOADER, workers=1, deadline_s=1.0) as box:
        answers = list(box.read_many([pages[0], faulty(tmp_path, "sleep"), pages[1]]))

    assert [reading.outcome for _, reading in answers] == ["ok", "timeout", "ok"]
    assert answers[1][1].reason == "wall deadline"


def test_a_page_that_needs_more_than_a_worker_may_have_is_unreadable(pages: list[Job], tmp_path: Path) -> None:
    """With the limit of production: 220 MiB beyond what a worker begins with, which the kernel keeps."""
    with Box(LOADER, workers=1) as box:
        answers = list(box.read_many([faulty(tmp_path, f"take-{size}") for size in (150, 230, 4_000)] + pages[:1]))

    assert [reading.reason for _, reading in answers] == ["", "memory limit", "memory limit", ""]
    assert [reading.outcome for _, reading in answers[1:]] == ["unreadable", "unreadable", "ok"]


def test_a_page_that_fails_for_what_others_left_behind_is_read_by_a_fresh_worker(tmp_path: Path) -> None:
    with Box(LOADER, workers=1) as box:
        answers = list(box.read_many([faulty(tmp_path, name) for name in ("keep-120", "take-150", "take-10")]))

        assert [reading.reason for _, reading in answers] == ["", "", ""]
        assert box.restarts == 1


def test_a_worker_that_has_grown_retires_and_no_page_notices(pages: list[Job]) -> None:
    with Box(LOADER, workers=1, recycle_rss=1) as box:
        answers = list(box.read_many(pages))

        assert [reading.outcome for _, reading in answers] == ["ok"] * 24
        assert box.restarts >= 2


def test_a_missing_file_costs_its_page(box: Box, pages: list[Job], tmp_path: Path) -> None:
    answers = list(box.read_many([faulty(tmp_path, "absent"), pages[0]]))

    assert [reading.outcome for _, reading in answers] == ["unreadable", "ok"]
    assert "FileNotFoundError" in answers[0][1].reason


def test_a_revisit_is_read_from_its_original(box: Box, pages: list[Job], tmp_path: Path) -> None:
    original = pages[5]
    revisit = Job(
        str(tmp_path / "absent"), 0, 0, original.url, NOON,
        original=(original.path, original.offset, original.length),
    )  # fmt: skip

    [(_, reading)] = box.read_many([revisit])

    assert reading.article is not None
    assert reading.article.title == "Ferry 5"


def test_stopping_early_leaves_the_box_usable(box: Box, pages: list[Job]) -> None:
    some = box.read_many(pages)
    next(some)
    some.close()  # type: ignore[attr-defined]  # it is a generator

    assert [job for job, _ in box.read_many(pages[:5])] == pages[:5]


def test_an_empty_file_is_unreadable_not_an_error(box: Box, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")

    [(_, reading)] = box.read_many([faulty(tmp_path, "empty")])

    assert reading.outcome == "unreadable"
    assert "no HTML element" in reading.reason


def test_a_loader_that_does_not_exist_is_told_at_once() -> None:
    with pytest.raises(ReadingError, match="could not start"):
        Box("tests.box_pages:no_such_loader")
