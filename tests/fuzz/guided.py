"""`make fuzz-guided`: the same readers, fed by Atheris, which changes what led to branches not seen before.

Atheris is libFuzzer for Python. It ends its process when its time is over, so each reader has a process of its own.
What led to new branches is kept in `fuzz-corpus/`, where the next run begins.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.run import FOUND, keep, kind_of, options, wrong_with
from tests.fuzz.targets import SEEDS, TARGETS, Target

CORPUS = Path("fuzz-corpus")
COUNTED = ("archive", "crawler", "protego", "feedparser", "trafilatura", "htmldate")  # whose branches count
MAX_BYTES = 20_000
HANG_S = 60  # of wall time, after which libFuzzer ends the process; what takes over 3 s of CPU time is noted before
_DONE = re.compile(r"^Done (\d+) runs", re.MULTILINE)
_NOTED = re.compile(r"^noted: (.+)$", re.MULTILINE)


def main() -> int:
    if find_spec("atheris") is None:
        print("Atheris is not to be had for this Python; `make fuzz` needs nothing")
        return 0
    asked = options().parse_args()
    targets = [t for t in TARGETS if asked.only in ("", t.name)]
    print(f"seed {asked.seed}, {asked.seconds:.0f} s over {len(targets)} readers, guided")
    return max([_guide(target, int(asked.seconds / len(targets)), asked.seed) for target in targets])


def _guide(target: Target, seconds: int, seed: int) -> int:
    """Fuzz one reader in a process of its own, and print what came of it; 0 if it took everything."""
    corpus = CORPUS / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    FOUND.mkdir(exist_ok=True)
    seeds = [str(SEEDS / target.name)] if (SEEDS / target.name).is_dir() else []
    limits = [f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", f"-timeout={HANG_S}", "-rss_limit_mb=4096"]
    places = [f"-artifact_prefix={FOUND}/{target.name}-", str(corpus), *seeds]
    command = [sys.executable, "-m", "tests.fuzz.guided", "--fed", target.name, *limits, f"-seed={seed or 1}", *places]
    done = subprocess.run(command, capture_output=True, check=False)
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    runs, noted = _DONE.search(said), _NOTED.findall(said)
    print(f"{target.name:10} {int(runs[1]) if runs else 0:>9,} executions, {len(noted)} kinds of findings", flush=True)
    for line in noted:
        print(f"           {line}")
    if done.returncode:
        print(f"           ended with {done.returncode}: {said[-2_000:]}")
    return 1 if noted or done.returncode else 0


def _fed(name: str, arguments: list[str]) -> None:
    """Let Atheris feed that reader until it ends this process."""
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=COUNTED):
        for module in [m for m in sys.modules if m.split(".")[0] in COUNTED]:
            del sys.modules[module]
        del sys.modules["tests.fuzz.targets"]
        target: Target = next(t for t in import_module("tests.fuzz.targets").TARGETS if t.name == name)
        for seed in target.seeds:  # imports what it imports late
            target.read(seed)
    atheris.Setup([name, *arguments], _once_each(target))
    atheris.Fuzz()


def _once_each(target: Target) -> Callable[[bytes], None]:
    """Return what Atheris calls: it notes the first finding of each kind, and goes on."""
    kinds: set[str] = set()

    def feed(body: bytes) -> None:
        why = wrong_with(target, body)
        if why and kind_of(why) not in kinds:
            kinds.add(kind_of(why))
            print(f"noted: {kind_of(why)}  -> {keep(target.name, len(kinds), body, why)}", flush=True)

    return feed


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fed"]:
        _fed(sys.argv[2], sys.argv[3:])
    sys.exit(main())
