"""A browser that is asked over its own protocol (CDP), through pipes: for pages that work on real time."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import IO

from tests.browser import CHROMIUM

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--window-size=600,500",
    "--remote-debugging-pipe",
)


PATIENCE = 60  # seconds until a browser that says nothing is given up


class Tab:
    """One page of a browser."""

    def __init__(self, commands: IO[bytes], answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._told = b""
        self._number, self._session = 0, ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = str(self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])

    def open(self, url: str) -> None:
        """Go to a page."""
        self.ask("Page.navigate", url=url)

    def value_of(self, script: str) -> object:
        """Return what a script comes to in the page; a promise is awaited."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        result = answer["result"]
        assert isinstance(result, dict)
        return result.get("value")

    def screenshot(self) -> bytes:
        """Return what the page looks like now, as a PNG picture."""
        return base64.b64decode(str(self.ask("Page.captureScreenshot")["data"]))

    def ask(self, method: str, **parameters: object) -> dict[str, object]:
        """Send a command, and return what the browser answers to it; what else it tells is passed over.

        Raises TimeoutError if it says nothing for PATIENCE seconds: an answer is lost when its page goes away.
        """
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while True:
            told = json.loads(self._message(method))
            if told.get("id") == self._number:
                assert "error" not in told, told
                result = told["result"]
                assert isinstance(result, dict)
                return result

    def _message(self, method: str) -> bytes:
        while b"\0" not in self._told:
            if not select([self._answers], [], [], PATIENCE)[0]:
                raise TimeoutError(f"the browser has said nothing for {PATIENCE} s since it was asked: {method}")
            more = os.read(self._answers, 1 << 16)
            assert more, "the browser has ended"
            self._told += more
        message, _, self._told = self._told.partition(b"\0")
        return message


@contextmanager
def tab(profile: Path) -> Iterator[Tab]:
    """Run a browser without a window for as long as the block runs."""
    # The browser reads commands from descriptor 3 and answers at 4.
    (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
    script = f'exec "$0" "$@" 3<&{their_in} 4>&{their_out}'
    command = ["bash", "-c", script, str(CHROMIUM), *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
    with (
        os.fdopen(our_out, "wb") as commands,
        os.fdopen(our_in, "rb", buffering=0) as answers,
        subprocess.Popen(
            command, pass_fds=(their_in, their_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as browser,
    ):
        os.close(their_in)
        os.close(their_out)
        try:
            yield Tab(commands, answers.fileno())
        finally:
            browser.terminate()
