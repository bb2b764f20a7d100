"""What `docs/formats.md` shows is what the code reads."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import jsonschema
import pytest

from localci.formats.approval import decode_approval
from localci.formats.result import decode_result
from localci.schemas import load_schema
from support.isolation import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXT = (PROJECT / "docs" / "formats.md").read_text("utf-8")


def blocks(language: str) -> Iterator[str]:
    yield from re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_policy_has_the_published_form() -> None:
    text = (PROJECT / "docs" / "policy.md").read_text("utf-8")
    shown = tomllib.loads(re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0])
    as_json = json.loads(json.dumps(shown, default=str))

    jsonschema.validate(as_json, load_schema("policy-1"))


def test_the_result_document_can_be_read() -> None:
    shown = next(block for block in blocks("json") if '"commit_sha"' in block)
    filled = shown.replace("<id>", "a" * 40).replace("<32 hex digits>", "b" * 32)
    filled = filled.replace("<sha256>", "c" * 64)

    assert set(decode_result(json.loads(filled)).checks) == {"coverage", "lint", "tests"}


@pytest.mark.parametrize("folder", ["formats", "gpg", "verifier", "config", "git"])
def test_every_reason_code_that_is_given_is_described(folder: str) -> None:
    given = re.compile(r'(?:FormatError|Reason|PolicyError|_invalid)\(\s*"([a-z-]+)"')
    for file in (PROJECT / "localci" / folder).rglob("*.py"):
        for code in given.findall(file.read_text("utf-8")):
            assert f"`{code}`" in TEXT, f"{file}: {code}"


def test_the_approval_can_be_read() -> None:
    shown = next(block for block in blocks("json") if "approval/v0.1" in block)
    filled = shown.replace("<id>", "a" * 40).replace("<sha256>", "c" * 64)

    approval = decode_approval(json.loads(filled))

    assert list(approval.paths) == [".github/**"]
    assert list(approval.checks) == ["tests"]
