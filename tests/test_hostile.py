"""A web that means harm, in short: one crawl of an attack of each kind beside a healthy newspaper."""

import pytest

from tests.hostile.arena import Arena, Fight, fight
from tests.hostile.documents import LISTS, PAGES
from tests.hostile.judge import LOUD, damage, not_kept, without_one_outcome
from tests.hostile.responses import BOMBS, LARGE, REDIRECTS, SLOW, Attack

FEW = frozenset(
    """
    bomb-gzip bomb-feed stream-1 slow-body hang-at-once large-length framing-alone headers-20000 robots-bomb
    redirect-to-itself redirect-empty redirect-to-ourselves redirect-to-a-file redirect-to-nonsense list-lol list-xxe
    list-deep list-odd-links list-nul page-deep page-title
    """.split()  # noqa: SIM905 - a list of words is read as one
)
pytestmark = pytest.mark.timeout(400)  # the crawl of the fixture: half a minute on a machine that does nothing else
SHORT = ("DATELINE_RETRY_FIRST_S=3600", "DOWNLOAD_TIMEOUT=8", "DATELINE_FLOOR_WINDOW_S=2")


def chosen() -> tuple[Attack, ...]:
    found = tuple(a for a in (*BOMBS, *SLOW, *LARGE, *REDIRECTS, *LISTS, *PAGES) if a.name in FEW)
    assert len(found) == len(FEW)
    return found


@pytest.fixture(scope="module")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Fight:
    return fight(Arena(chosen(), stories=60), tmp_path_factory.mktemp("fight") / "archive", *SHORT)


def test_the_crawl_ends_by_itself(fought: Fight) -> None:
    assert fought.code in (0, 2), fought.err


def test_every_attack_has_exactly_one_outcome(fought: Fight) -> None:
    assert without_one_outcome(fought) == []


def test_every_byte_received_is_in_a_record_that_is_whole(fought: Fight) -> None:
    assert not_kept(fought) == []
    assert damage(fought) == []


def test_a_fight_stays_within_the_limits_we_set_our_processes(fought: Fight) -> None:
    assert fought.crawler_mb < 300
    assert fought.reader_mb < 400  # the kernel sees to it: archive.memory_limit
    assert len(fought.waits_s) >= 59


def test_no_process_of_the_crawl_listens(fought: Fight) -> None:
    assert fought.listening == frozenset()


def test_what_was_fetched_is_for_its_owner_and_group_alone(fought: Fight) -> None:
    root = fought.layout.root
    found = [path for path in root.rglob("*") if path.suffix in (".db", ".gz", ".log") and path.parent.name != "public"]

    assert {path.name for path in found} >= {"frontier.db", "catalogue.db", "crawl.log"}
    assert [path.name for path in found if path.stat().st_mode & 0o777 != 0o640] == []


def test_what_was_cut_says_why(fought: Fight) -> None:
    rows = fought.rows("SELECT url, outcome, reason FROM visits WHERE site = 'hostile'")
    ended = {
        str(url).split("/")[2]: (outcome, reason) for url, outcome, reason in rows if "/robots.txt" not in str(url)
    }

    assert ended["stream-1.test"] == ("truncated", "cut short: length")
    assert ended["slow-body.test"] == ("truncated", "cut short: time")
    assert ended["hang-at-once.test"][0] == "network"
    assert ended["redirect-to-itself.test"][0] == "redirected"


def test_neither_log_nor_terminal_is_told_what_it_would_act_on(fought: Fight) -> None:
    assert LOUD.search(fought.log + fought.out + fought.err) is None


def test_a_password_in_a_link_is_in_no_log(fought: Fight) -> None:
    assert "secret" not in fought.log
    assert "u:p@" not in fought.log
