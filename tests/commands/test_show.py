"""`localci show`: what is known, said plainly, and never more than is known."""

from __future__ import annotations

import base64
import json
import shutil
from typing import TYPE_CHECKING

import pytest

from localci.errors import MISSING, PASSED, USAGE
from support.localci_command import run_localci
from support.note_trees import read_notes, write_notes
from support.project import make_project
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key, Keys
    from support.project import Project


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    """A project whose HEAD has a signed result in the outbox."""
    made = make_project(tmp_path, ada)
    assert made.localci("run", "--sign").code == PASSED
    return made


def signed_line(project: Project) -> bytes:
    notes = read_notes(project.path, "refs/localci/outbox")
    return next(body for body in notes.values()).splitlines()[0]


def test_a_line_in_a_shard_is_shown_with_its_place(project: Project) -> None:
    line = signed_line(project)
    git(project.path, "update-ref", "-d", "refs/localci/outbox")
    places = [
        f"refs/notes/ci-shards/{project.head[0]}0",
        f"refs/notes/ci-shards/{project.head[:2]}",
    ]
    astray = f"refs/notes/ci-shards/{'0' if project.head[0] != '0' else '1'}f"
    for name in (*places, astray, "refs/notes/ci-shards/other"):
        write_notes(project.path, {project.head: line + b"\n"}, name)

    (result,) = shown(project)

    assert (result["verified"], result["places"]) == (True, sorted(set(places)))


def forged(line: bytes) -> bytes:
    """The same envelope with another figure in it."""
    envelope = json.loads(line)
    statement = json.loads(base64.b64decode(envelope["payload"]))
    statement["predicate"]["localci"]["checks"]["tests"]["total"] = 999
    envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    return json.dumps(envelope).encode()


def bare(line: bytes) -> bytes:
    """The result document out of the envelope, signed by nobody."""
    statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
    return json.dumps(statement["predicate"]["localci"]).encode()


def only_note(project: Project, *lines: bytes) -> None:
    """Let these lines be all that is known of HEAD."""
    git(project.path, "update-ref", "-d", "refs/localci/outbox")
    write_notes(project.path, {project.head: b"\n".join(lines) + b"\n"})


def shown(project: Project, *arguments: str) -> list[dict[str, object]]:
    done = project.localci("show", "--json", *arguments)
    assert done.code == PASSED, done.errors
    results: list[dict[str, object]] = json.loads(done.output)["results"]
    return results


def test_nothing_known_is_said_and_exits_3(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)

    done = project.localci("show")

    assert done.code == MISSING
    assert "nothing is known" in done.output
    assert json.loads(project.localci("show", "--json").output)["results"] == []


def test_a_signed_result_says_who_when_where_and_what(project: Project, ada: Key) -> None:
    done = project.localci("show")

    assert done.code == PASSED, done.errors
    lines = done.output.splitlines()
    assert lines[0] == f"commit {project.head}"
    assert lines[3].startswith("PASSED  20")
    assert lines[3].endswith("Z  by ada@example.org")
    assert f"  key        {ada.fingerprint}" in lines
    assert "  about      this commit" in lines
    assert "  found in   outbox (waits for delivery)" in lines
    assert "  tests            passed  2 tests, 0 failed, 0 skipped" in lines
    assert max(map(len, lines)) <= 80


def test_after_delivery_it_is_found_at_the_remote(project: Project) -> None:
    assert project.localci("sync").code == PASSED

    (result,) = shown(project)

    assert result["waiting"] is False
    assert "origin" in result["places"]  # type: ignore[operator]


def test_an_amended_commit_shows_what_its_tree_has(project: Project) -> None:
    before = project.head
    git(project.path, "commit", "--quiet", "--amend", "-m", "Say it better")

    done = project.localci("show")

    assert done.code == PASSED
    assert f"commit {before[:12]}, which has the same tree" in done.output
    (result,) = shown(project)
    assert (result["match"], result["verified"]) == ("tree", True)
    assert project.localci("show", before).output.count("this commit") == 1


def test_a_forged_figure_is_never_shown_as_anybodys(project: Project, ada: Key) -> None:
    only_note(project, forged(signed_line(project)))

    done = project.localci("show")

    assert "UNVERIFIED" in done.output
    assert "signature-invalid" in done.output
    assert "by ada" not in done.output
    assert f"  says key   {ada.fingerprint}" in done.output
    (result,) = shown(project)
    assert (result["verified"], result["signer"]) == (False, "")


def test_a_stranger_is_named_by_the_key_only(tmp_path: Path, ada: Key, keys: Keys) -> None:
    project = make_project(tmp_path, keys["bob"])
    assert project.localci("run", "--sign").code == PASSED

    done = project.localci("show")

    assert "UNVERIFIED" in done.output
    assert f"says key   {ada.fingerprint}" in done.output
    (result,) = shown(project)
    assert [reason["code"] for reason in result["reasons"]] == ["signer-unknown"]  # type: ignore[attr-defined, index]


def test_without_a_policy_no_signature_is_checked(project: Project) -> None:
    line = signed_line(project)
    git(project.path, "rm", "--quiet", "-r", ".localci")
    git(project.path, "commit", "--quiet", "--no-verify", "-m", "No policy")
    tested = git(project.path, "rev-parse", "HEAD~1")
    write_notes(project.path, {tested: line + b"\n"})

    (result,) = shown(project, tested)

    assert result["verified"] is False
    assert [reason["code"] for reason in result["reasons"]] == ["policy-missing"]  # type: ignore[attr-defined, index]


def test_an_unsigned_document_is_said_to_be_anybodys(project: Project) -> None:
    only_note(project, bare(signed_line(project)))

    done = project.localci("show")

    assert "UNVERIFIED" in done.output
    assert "unsigned: it is not signed: anybody can have written it" in done.output


def test_another_commits_note_is_said_to_be_about_another_tree(project: Project) -> None:
    line = signed_line(project)
    project.commit({"new": "x"})
    only_note(project, line)

    done = project.localci("show")

    assert "ANOTHER tree" in done.output
    assert "UNVERIFIED" in done.output
    (result,) = shown(project)
    assert (result["match"], result["verified"]) == ("none", False)


def test_what_is_signed_stands_before_what_is_not(project: Project) -> None:
    line = signed_line(project)
    later = bare(line).replace(b'"20', b'"21')
    only_note(project, b"no json", later, forged(line), line)

    results = shown(project)

    assert [result["verified"] for result in results] == [True, False, False, False]
    assert results[-1]["reasons"][0]["code"] == "malformed"  # type: ignore[index]
    assert "UNREADABLE" in project.localci("show").output


def test_many_lines_are_cut_short_and_json_has_them_all(project: Project) -> None:
    line = signed_line(project)
    only_note(project, line, *(b'{"n": %d}' % number for number in range(40)))

    text = project.localci("show").output

    assert text.count("UNREADABLE") == 19
    assert "and 21 more lines" in text
    assert len(shown(project)) == 41


def test_nothing_of_a_note_is_alive_on_the_terminal(project: Project) -> None:
    document = json.loads(bare(signed_line(project)))
    document["checks"] = {"tests": document["checks"]["tests"]}
    hostile = "\x1b]0;owned\x07\u202e\n::error::x"
    envelope = json.loads(signed_line(project))
    envelope["payloadType"] = hostile
    document["version"] = hostile
    only_note(project, json.dumps(document).encode(), json.dumps(envelope).encode())

    done = project.localci("show")

    assert done.code == PASSED
    for mark in ("\x1b", "\x07", "\u202e"):
        assert mark not in done.output
    assert not any(line.startswith("::") for line in done.output.splitlines())


def test_too_long_a_line_is_counted_not_read(project: Project) -> None:
    only_note(project, b"x" * 70_000)

    done = project.localci("show")

    assert done.code == PASSED
    assert "1 lines or notes are too long to be read" in done.output


def test_no_gpgv_is_said_of_each_result(project: Project, tmp_path: Path) -> None:
    git_itself = shutil.which("git")
    assert git_itself is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(git_itself)

    done = project.localci("show", environment={"PATH": str(tmp_path / "bin")})

    assert done.code == PASSED
    assert "unavailable: gpgv cannot be started" in done.output
    assert "UNVERIFIED" in done.output


def test_a_name_that_leads_nowhere_and_a_repository_without_a_commit(
    project: Project, tmp_path: Path
) -> None:
    nowhere = project.localci("show", "no-such-branch")
    empty = run_localci(make_repository(tmp_path / "empty"), "show")

    for done in (nowhere, empty):
        assert done.code == USAGE
        assert done.errors.count("\n") == 1
