"""The comment's text, in which nothing of a stranger is alive."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from localci.forge.posting.comment import BARE, HTML, MARKER, Markup, comment_body, is_report
from localci.forge.posting.posting import ERROR, Posting
from support.postings import HOSTILE, hostile_posting, posting

PLAIN = """\
<!-- localci report -->

### localci: accepted

accepted: ada@example.org

Commit c0ffee000000, tree 7ee000000000

Signed by ada@example.org

| check | result | figures | time | |
|---|---|---|---|---|
| tests | passed | 2 passed | 1.2 s |  |
| lint | passed | 0 issues |  |  |

Findings:

<pre>
src/app.py:7: warning: unused import
</pre>

… and 2 more findings
"""


def test_it_tells_the_verdict_the_checks_and_the_findings() -> None:
    shown = html.unescape(comment_body(posting())).replace("<code>", "").replace("</code>", "")
    assert shown == PLAIN


def test_the_same_posting_is_the_same_text() -> None:
    assert comment_body(posting()) == comment_body(posting())


def test_no_verdict_is_called_so() -> None:
    assert "### localci: no verdict" in comment_body(posting(ERROR))


def test_what_is_not_known_is_left_out() -> None:
    body = comment_body(Posting("c" * 40, "t" * 40, ERROR, "no verdict"))
    assert "|" not in body
    assert "Signed" not in body
    assert "Why" not in body


def test_nothing_hostile_is_alive_in_html() -> None:
    body = comment_body(hostile_posting())
    ours = re.sub(r"</?(?:code|pre)>|&#\d+;", "", body.removeprefix(MARKER))
    assert not re.findall(r"[<>@!\[\]`\\\x1b\u202e]", ours)
    assert set(re.findall(r"<[^>]*>", body)) == {MARKER, "<code>", "</code>", "<pre>", "</pre>"}


def test_nothing_hostile_is_alive_where_there_is_no_html() -> None:
    body = comment_body(hostile_posting(), BARE)
    assert "@" not in body
    assert "\x1b" not in body
    outside = re.sub(r"`[^`\n]*`", "", body.removeprefix(BARE.marker))
    outside = re.sub(r"^    .*$", "", outside, flags=re.MULTILINE)
    assert not re.findall(r"[<>!\[\]`]", outside)
    rows = [line for line in body.splitlines() if line.startswith("| `")]
    assert [row.count("|") for row in rows] == [6]


@pytest.mark.parametrize(("markup", "most"), [(HTML, 60_000), (BARE, 32_768)])
@pytest.mark.parametrize("text", ["\U0001f600" * 5000, "&" * 5000, HOSTILE * 50, ""])
def test_it_has_an_end_however_much_there_is_to_say(markup: Markup, most: int, text: str) -> None:
    body = comment_body(hostile_posting(text, count=3000), markup)
    assert len(body) <= most
    assert "more findings" in body


def test_what_is_left_out_is_counted() -> None:
    few = replace(hostile_posting("x" * 300, count=500), findings=900)
    shown = sum(line.startswith("x") for line in comment_body(few).splitlines())
    left = re.search(r"and (\d+) more findings", comment_body(few))
    reasons = re.search(r"and (\d+) more reasons", comment_body(few))
    assert left is not None
    assert reasons is not None
    assert shown + int(left[1]) + int(reasons[1]) == 900 + 500


@pytest.mark.parametrize("markup", [HTML, BARE])
def test_ours_is_known_by_its_beginning(markup: Markup) -> None:
    assert is_report(comment_body(posting(), markup))
    assert not is_report(f"> {comment_body(posting(), markup)}")
    assert not is_report("see <!-- localci report -->")
