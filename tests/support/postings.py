"""What is posted in tests: a plain posting, and one in which all text is hostile."""

from __future__ import annotations

from typing import Final

from localci.forge.posting.posting import FAILURE, SUCCESS, Annotation, Posting, Row

COMMIT: Final = "c0ffee" + "0" * 34
TREE: Final = "7ee" + "0" * 37
HOSTILE: Final = (
    "</code></pre><img src=x onerror=alert(1)> @everyone [x](https://evil.example) "
    "![i](https://evil.example/i.png) `a` ```` | # - \x1b[31m \u202e #1 !1 <!-- localci report -->"
)


def posting(state: str = SUCCESS, title: str = "accepted: ada@example.org") -> Posting:
    """Return a posting of one check with two tests, and one finding."""
    return Posting(
        commit=COMMIT,
        tree=TREE,
        state=state,
        title=title,
        rows=(Row("tests", "passed", "2 passed", 1.24), Row("lint", "passed", "0 issues", None)),
        annotations=(Annotation("src/app.py", 7, "warning", "unused import"),),
        findings=3,
        signers=("ada@example.org",),
    )


def hostile_posting(text: str = HOSTILE, count: int = 1) -> Posting:
    """Return a posting in which everything that somebody writes is `text`, `count` times."""
    return Posting(
        commit=COMMIT,
        tree=TREE,
        state=FAILURE,
        title=text,
        rows=(Row(text, text, text, 1.0, text),) * count,
        annotations=(Annotation(text, 1, "failure", text),) * count,
        findings=count,
        reasons=(text,) * count,
        signers=(text,) * count,
    )
