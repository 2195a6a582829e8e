"""Tell whether a page asks not to be archived; what follows from it is a matter of policy (archive.restrictions)."""

import re
from collections.abc import Sequence

from archive.reading.head import Head

US = "dateline"  # what a site calls our robot
_ADDRESSED = re.compile(r"\s*([\w-]+)\s*:")
_WITH_VALUES = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")


def noarchive_of(head: Head, headers: Sequence[tuple[str, str]]) -> bool:
    """True if the page or its answer asks all robots, or us, not to archive it: meta robots, or X-Robots-Tag.

    What is said to another robot by its name ("googlebot: noarchive") is not said to us.
    """
    said = list(head.every("robots", US))
    for value in (value for name, value in headers if name.lower() == "x-robots-tag"):
        named = _ADDRESSED.match(value.lower())
        if named is None or named[1] in (US, *_WITH_VALUES):
            said.append(value[named.end() :] if named and named[1] == US else value)
    return any(word.strip().lower() == "noarchive" for text in said for word in text.split(","))
