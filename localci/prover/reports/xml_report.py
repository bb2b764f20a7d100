"""XML as a stream of starts and ends: nothing is kept, nothing is fetched, nothing expands.

A DOCTYPE that only names its DTD is let by (Cobertura's own reports have one) and never fetched;
one that brings declarations along is refused, and so is every entity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser, ParseError

if TYPE_CHECKING:
    from localci.prover.reports.report_file import ReportFile

MAX_DEPTH: Final = 100
# Expat scans an unfinished tag or comment anew with every chunk: quadratic if it never ends.
MAX_TOKEN_BYTES: Final = 16 * 2**20


class XmlHandler(Protocol):
    """What a reader does with each element. Names come without their namespace."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take the start of an element."""

    def end(self, tag: str) -> None:
        """Take the end of an element."""


def parse_xml(report: ReportFile, handler: XmlHandler) -> None:
    """Hand every element to `handler`. Raises ReportError: not well-formed, or hostile."""
    parser = _Parser(target=_Target(report, handler))
    fed = 0
    try:
        for chunk in report.chunks():
            parser.feed(chunk)
            fed += len(chunk)
            if fed - parser.parser.CurrentByteIndex > MAX_TOKEN_BYTES:
                raise report.wrong(f"one tag is larger than {MAX_TOKEN_BYTES >> 20} MiB")
        parser.close()
    except DefusedXmlException:
        raise report.wrong("declares entities or a DTD of its own, which is refused") from None
    except ParseError as error:
        raise report.wrong(f"not well-formed XML: {error}") from None
    except (ValueError, LookupError):
        raise report.wrong("in an encoding that cannot be read; write it as UTF-8") from None


class _Parser(DefusedXMLParser):
    def __init__(self, target: _Target) -> None:
        super().__init__(target=target, forbid_dtd=True)

    def defused_start_doctype_decl(
        self,
        name: str,
        sysid: str | None,
        pubid: str | None,
        has_internal_subset: bool,  # noqa: FBT001 - the base class has it so
    ) -> None:
        if has_internal_subset:
            raise DTDForbidden(name, sysid, pubid)


class _Target:
    def __init__(self, report: ReportFile, handler: XmlHandler) -> None:
        self._report = report
        self._handler = handler
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._report.wrong(f"nested deeper than {MAX_DEPTH}")
        self._handler.start(tag.rpartition("}")[2], attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._handler.end(tag.rpartition("}")[2])

    def data(self, text: str) -> None:
        """Drop text; without this method the parser takes a slower way to do so."""
