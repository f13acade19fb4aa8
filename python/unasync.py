"""Makes ``sluice/_sync`` of ``sluice/_async``: the same code, waiting, not awaiting. ``--check`` only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).parent / "src" / "sluice" / "_async"
TARGET = SOURCE.parent / "_sync"

WORDS = [
    (r"The asyncio client\..*?here\.", "Made from ``sluice/_async`` by ``python/unasync.py``: change things there."),
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\(await (self\.\w+\(\))\)", r"\1"),
    (r"\bawait ", ""),
    (r"\basyncio\.sleep\b", "time.sleep"),
    (r"\bimport asyncio\nimport time\n", "import time\n"),
    (r"\bimport asyncio\n", "import time\n"),
    (r"\brun_async\b", "run"),
    (r"\bAsync(\w+)", r"\1"),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\baclose\b", "close"),
    (r"\baread\b", "read"),
    (r"\baiter_lines\b", "iter_lines"),
]


def made_of(text: str) -> str:
    """The synchronous text."""
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    return text


def main() -> int:
    """Writes the files, or says which are not as they would be written."""
    stale = []
    for source in sorted(SOURCE.glob("*.py")):
        target = TARGET / source.name
        text = made_of(source.read_text())
        if "--check" not in sys.argv:
            target.write_text(text)
        elif not target.exists() or target.read_text() != text:
            stale.append(str(target))
    if stale:
        print("not as unasync.py makes them; run `python python/unasync.py`:", *stale)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
