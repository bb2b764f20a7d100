"""What no reader may fall for, whatever its format: a ReportError or a true reading, no more."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

import pytest

from localci.formats.result import (
    CoverageFigures,
    IssueFigures,
    TestFigures,
    decode_result,
    encode_result,
)
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report
from support.documents import check, document
from support.report_samples import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Writer
    from localci.formats.result import Figures
    from localci.prover.reports.reading import Reading

LAUGHS: Final = b"".join(b'<!ENTITY l%d "%s">' % (n + 1, b"&l%d;" % n * 10) for n in range(9))
BOMB: Final = b'<!DOCTYPE t [<!ENTITY l0 "ha">' + LAUGHS + b"]><testsuites>&l9;</testsuites>"
DEEP: Final = 200_000

# None of these is a report of any format.
NO_REPORTS: Final[dict[str, bytes]] = {
    "empty": b"",
    "a line's end": b"\n",
    "nul": b"\0" * 1000,
    "noise": bytes(range(256)) * 4,
    "other text": b"Segmentation fault (core dumped)\n",
    "byte order mark": b"\xef\xbb\xbf",
    "list": b"[]",
    "object": b"{}",
    "null": b"null\n",
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "deep elements": b"<a>" * DEEP,
    "entity bomb": BOMB,
    "long line": b"x" * 2**21,
}

# Tools that write this where they find nothing; where they fail they write nothing.
CLEAN: Final = {("actionlint", "list"), ("zizmor", "list")}

# What becomes of a good report. Numbers and names may be nonsense, so a reading is possible.
SPOILED: Final[dict[str, Callable[[bytes], bytes]]] = {
    "nul at the end": lambda good: good + b"\0" * 100,
    "nul inside": lambda good: good[: len(good) // 2] + b"\0" + good[len(good) // 2 :],
    "no utf-8 inside": lambda good: good[: len(good) // 2] + b"\xff" + good[len(good) // 2 :],
    "utf-16": lambda good: good.decode().encode("utf-16"),
    "byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "twice": lambda good: good + good,
    "huge numbers": lambda good: re.sub(rb"(?<![\w.])\d+", b"9" * 5000, good),
    "large numbers": lambda good: re.sub(rb"(?<![\w.])\d+", b"9" * 15, good),
    "exponents": lambda good: re.sub(rb"(?<![\w.])\d+(?:\.\d+)?", b"1e999999999", good),
    "negative numbers": lambda good: re.sub(rb"(?<![\w.])(?=\d)", b"-", good),
    "no numbers": lambda good: re.sub(rb"\d+", b"", good),
    "duplicate keys": lambda good: good.replace(b"{", b'{"x": 1, "x": 2, '),
    "deep inside": lambda good: good.replace(b"[", b"[" * DEEP, 1),
    "deep member": lambda good: good.replace(b"{", b'{"deep": ' + b"[" * DEEP, 1),
    "lists for objects": lambda good: good.replace(b"{", b"[").replace(b"}", b"]"),
    "nulls": lambda good: re.sub(rb'"[^"]*"(?!\s*:)', b"null", good),
    "truths": lambda good: re.sub(rb"(?<=[:,\[ ])\d+", b"true", good),
    "lone surrogates": lambda good: good.replace(b'": "', b'": "\\ud800'),
    "windows": lambda good: good.replace(b"\n", b"\r\n"),
    "lines turned round": lambda good: b"".join(reversed(good.splitlines(keepends=True))),
}


def outcome(name: str, path: Path) -> Reading | None:
    """Read a report; None if it is no evidence. What is read must fit a result document."""
    try:
        reading = read_report(name, path, workspace=path.parent)
    except ReportError:
        return None
    result = check(reading.figures, measures=reading.measures, rows=reading.kept_rows)
    of = document({"c": result})
    assert decode_result(encode_result(of)) == of
    return reading


def badness(figures: Figures) -> float:
    """Return how bad a figure is: half a report must not look better than the whole."""
    if isinstance(figures, TestFigures):
        return figures.failed
    if isinstance(figures, CoverageFigures):
        return -figures.percentage
    if isinstance(figures, IssueFigures):
        return figures.issues_total
    return 0


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_no_report_is_refused(written: Writer, name: str) -> None:
    read = {(name, kind) for kind, it in NO_REPORTS.items() if outcome(name, written(it))}
    assert read <= CLEAN


@pytest.mark.parametrize("name", SAMPLES)
def test_a_spoiled_report_is_refused_or_read(written: Writer, name: str) -> None:
    good = SAMPLES[name].content
    for spoil in SPOILED.values():
        outcome(name, written(spoil(good)))


@pytest.mark.parametrize("name", SAMPLES)
def test_half_a_report_never_looks_better(written: Writer, name: str) -> None:
    good, figures = SAMPLES[name]
    cuts = {len(good) * tenth // 10 for tenth in range(1, 10)}
    cuts |= {end for end in range(1, len(good) - 1) if good[end - 1 : end] == b"\n"}
    better = []
    for cut in sorted(cuts):
        reading = outcome(name, written(good[:cut]))
        if reading is not None and badness(reading.figures) < badness(figures):
            better.append(good[:cut])
    assert better == []


@pytest.mark.parametrize("name", SAMPLES)
def test_a_gigabyte_is_refused_unread(tmp_path: Path, name: str) -> None:
    path = tmp_path / "report"
    path.write_bytes(SAMPLES[name].content)
    os.truncate(path, 2**30)
    with pytest.raises(ReportError, match="larger than 256 MiB"):
        read_report(name, path)
