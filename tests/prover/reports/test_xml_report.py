from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.formats.result import TestFigures
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report

if TYPE_CHECKING:
    from conftest import Writer

SUITE = "<testsuite><testcase name='ä'/></testsuite>"
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            f'<!DOCTYPE t [<!ENTITY l0 "ha">{LAUGHS}]><testsuite>&l9;</testsuite>',
            "entities or a DTD",
            id="billion-laughs",
        ),
        pytest.param(
            '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite>&x;</testsuite>',
            "entities or a DTD",
            id="external-entity",
        ),
        pytest.param(
            '<!DOCTYPE t [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]><testsuite/>',
            "entities or a DTD",
            id="parameter-entity",
        ),
        pytest.param(
            '<!DOCTYPE t [<!ATTLIST testsuite failures CDATA "0">]><testsuite/>',
            "entities or a DTD",
            id="attributes-by-default",
        ),
        pytest.param("<testsuite>" * 101, "nested deeper than 100", id="deep"),
        pytest.param("<testsuite>" * 1_000_000, "nested deeper than 100", id="very-deep"),
        pytest.param("<testsuite><testcase>", "not well-formed", id="truncated"),
        pytest.param("<testsuite/><testsuite/>", "not well-formed", id="two-roots"),
        pytest.param("<testsuite/>\0", "not well-formed", id="nul"),
        pytest.param("<testsuite>&nbsp;</testsuite>", "not well-formed", id="undefined-entity"),
        pytest.param("   \n", "not well-formed", id="blank"),
        pytest.param("1 passed", "not well-formed", id="no-xml"),
        pytest.param(b"<testsuite>\xff</testsuite>", "not well-formed", id="not-utf-8"),
        pytest.param(
            '<?xml version="1.0" encoding="klingon"?><t/>',
            "encoding|not well",
            id="unknown-encoding",
        ),
        pytest.param(
            '<?xml version="1.0" encoding="gb18030"?><t/>', "encoding|not well", id="multi-byte"
        ),
        pytest.param(
            '<?xml version="1.0" encoding="rot13"?><t/>', "encoding|not well", id="not-text"
        ),
        pytest.param('<?xml version="1.0" encoding="idna"?><t/>', "encoding|not well", id="idna"),
        pytest.param(
            '<?xml version="1.0" encoding="utf-16"?><t/>', "encoding|not well", id="not-as-declared"
        ),
    ],
)
def test_broken_and_hostile_files(written: Writer, content: str | bytes, message: str) -> None:
    with pytest.raises(ReportError, match=message) as caught:
        read_report("junit", written(content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
def test_declared_encodings(written: Writer, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    content = f'<?xml version="1.0" encoding="{declared}"?>{SUITE}'.encode(encoding)
    assert read_report("junit", written(content)).figures == TestFigures(1, 0, 0)


def test_a_tag_that_never_ends_is_given_up(written: Writer) -> None:
    content = b'<testsuite name="' + b"x" * (24 * 2**20)
    with pytest.raises(ReportError, match="one tag is larger than 16 MiB"):
        read_report("junit", written(content))


def test_long_text_is_read_and_dropped(written: Writer) -> None:
    output = b"line\n" * (4 * 2**20)
    content = b"<testsuite><system-out>" + output + b"</system-out></testsuite>"
    assert read_report("junit", written(content)).figures == TestFigures(0, 0, 0)
