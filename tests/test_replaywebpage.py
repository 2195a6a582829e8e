"""A package that we export, played by ReplayWeb.page in a real browser: headline, style sheet and picture."""

from collections import Counter
from pathlib import Path

import pytest

from tests.browser import Colour, needs_chromium, pixels
from tests.conftest import Workbench
from tests.devtools import tab
from tests.newsroom.looks import PAPER
from tests.newsroom.pictures import MASTHEAD
from tests.replaywebpage import needs_replaywebpage, page_of, serving
from tests.test_replay_browser import first_of

pytestmark = [needs_replaywebpage, needs_chromium]

ATTEMPTS, SECONDS = 3, 40

# Comes to what the replayed document shows once it is whole (the player nests frames in shadows), or to null when it is
# not whole in time.
SHOWN = """
new Promise((done) => {
  const end = performance.now() + 1000 * SECONDS;
  const frames = (root) => [...root.querySelectorAll("*")].flatMap((element) => [
    ...(element.shadowRoot ? frames(element.shadowRoot) : []),
    ...(element.tagName === "IFRAME" && element.contentDocument ? [element, ...frames(element.contentDocument)] : []),
  ]);
  const look = () => {
    const played = frames(document).find((frame) => frame.src.includes("mp_/"))?.contentDocument;
    const picture = played?.querySelector("img.masthead");
    if (played?.readyState === "complete" && played.body?.innerText.trim() && (!picture || picture.complete)) {
      done({ text: played.body.innerText, paper: getComputedStyle(played.body).backgroundColor,
             masthead: picture?.naturalWidth ?? 0 });
    } else if (performance.now() > end) done(null);
    else setTimeout(look, 50);
  };
  look();
})
""".replace("SECONDS", str(SECONDS))


@pytest.fixture(scope="module")
def package(crawled: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("exported") / "courier.wacz"
    ended = crawled.dateline("export", "--wacz", str(target), "--site", "harbour-courier")
    assert ended.code == 0, ended.err
    return target


@pytest.mark.timeout(ATTEMPTS * 80)
def test_a_package_plays_with_its_headline_style_sheet_and_picture(
    crawled: Workbench, package: Path, tmp_path: Path
) -> None:
    url, at, title = first_of(crawled, "harbour-courier")

    shown, colours = played(package, page_of(url, f"{at:%Y%m%d%H%M%S}"), tmp_path)

    assert title in str(shown["text"])
    assert shown["paper"] == f"rgb{PAPER}"
    assert shown["masthead"] == 320
    assert colours[PAPER] > 80_000  # of 300,000 pixels
    assert colours[MASTHEAD] > 5_000


def played(package: Path, path: str, folder: Path) -> tuple[dict[str, object], Counter[Colour]]:
    """Return what the player shows of a page, and its colours on the screen.

    Of 150 starts on a busy machine one left the player's frame empty for good, its connections idle; the page came when
    it was opened again, as a reader would.
    """
    for attempt in range(ATTEMPTS):
        with serving(package) as address, tab(folder / f"profile-{attempt}") as page:
            page.open(address + path)
            try:
                shown = page.value_of(SHOWN)
            except TimeoutError:  # the page went away with the answer
                continue
            if isinstance(shown, dict):
                return shown, Counter(pixels(page.screenshot()))
    pytest.fail(f"nothing shown {ATTEMPTS} times, {SECONDS} s each")
