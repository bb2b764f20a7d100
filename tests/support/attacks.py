"""The attack suite's marker, and what its tests say of a verdict.

    @attack("G25", "a SHA-1 digest", expect="weak-algorithm")
    def test_…(scene: Scene) -> None:
        scene.hang(scene.line(…))
        refused(scene.project, "weak-algorithm")

A parametrised test carries the mark where its inputs differ in what is expected of them:
`pytest.param(…, marks=attack(…))`. The table in `docs/security.md` is made from these marks
(`support.attack_table`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from support.catalogue import CATALOGUE, REASON_CODES

if TYPE_CHECKING:
    from support.localci_command import Done
    from support.project import Project

ACCEPT: Final = "ACCEPT"
EXPECTATIONS: Final = REASON_CODES | {ACCEPT, "exit 1", "exit 2", "exit 3", "exit 4", "ignored"}
"""What a test may expect: a reason code, acceptance, an exit code, or that a line is as if it were
not there."""

_ID: Final = re.compile(r"[A-Z][0-9]{2}")


def attack(*what: str, expect: str) -> pytest.MarkDecorator:
    """Mark a test with the catalogue's ids that it covers, with its input in words, or with both.

    Without words the catalogue's own stand in the table. Raises ValueError for what is in no list.
    """
    ids = tuple(word for word in what if _ID.fullmatch(word))
    words = [word for word in what if not _ID.fullmatch(word)]
    unknown = [name for name in ids if name not in CATALOGUE]
    if unknown or len(words) > 1 or not what:
        raise ValueError(f"an attack is ids of the catalogue and one text at most, not {what}")
    if expect not in EXPECTATIONS:
        raise ValueError(f"{expect} is nothing that can be expected")
    return pytest.mark.attack(ids=ids, text="".join(words), expect=expect)


def verify(project: Project, *arguments: str, **environment: str) -> tuple[Done, dict[str, Any]]:
    """Run `localci verify --json`, which must print one verdict; never a traceback."""
    done = project.localci("verify", "--json", *arguments, environment=environment)
    assert done.output, done.errors
    found: dict[str, Any] = json.loads(done.output)
    return done, found


def refused(project: Project, code: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """Say that the commit is refused (exit 1), for this reason among others; return the verdict."""
    done, found = verify(project, *arguments, **environment)
    assert (done.code, found["verdict"]) == (1, "refused"), found
    assert code in _codes(found), found
    _says_why(found)
    return found


def accepted(project: Project, *arguments: str, **environment: str) -> dict[str, Any]:
    """Say that the commit is accepted (exit 0), with nothing on standard error."""
    done, found = verify(project, *arguments, **environment)
    assert (done.code, found["verdict"]) == (0, "accepted"), found
    assert done.errors == ""
    return found


def missing(project: Project, *arguments: str, **environment: str) -> dict[str, Any]:
    """Say that nothing is attached to the commit (exit 3)."""
    done, found = verify(project, *arguments, **environment)
    assert (done.code, found["verdict"]) == (3, "missing"), found
    assert [reason["code"] for reason in found["reasons"]] == ["no-attestation"]
    return found


def unavailable(project: Project, *arguments: str, **environment: str) -> dict[str, Any]:
    """Say that it could not be evaluated (exit 4)."""
    done, found = verify(project, *arguments, **environment)
    assert (done.code, found["verdict"]) == (4, "error"), found
    assert "unavailable" in _codes(found), found
    _says_why(found)
    return found


def unusable(project: Project, code: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """Say that there is no policy to judge by (exit 2): `policy-invalid` or `policy-missing`."""
    done, found = verify(project, *arguments, **environment)
    assert (done.code, found["verdict"]) == (2, "error"), found
    assert [reason["code"] for reason in found["reasons"]] == [code], found
    _says_why(found)
    return found


def _codes(found: dict[str, Any]) -> set[str]:
    """Return the codes of a verdict, those of its lines included; each must be a known one."""
    rows = [*found["reasons"], *(r for line in found["attestations"] for r in line["reasons"])]
    codes = {row["code"] for row in rows}
    assert codes <= REASON_CODES, codes
    return codes


def _says_why(found: dict[str, Any]) -> None:
    for reason in found["reasons"]:
        assert reason["message"].strip(), found
        assert reason["message"].isprintable(), found
