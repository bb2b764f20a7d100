"""Signed lines for commits of real repositories, without a run: figures as a test wants them."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING, Any

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope, pae
from localci.formats.result import CheckResult, ResultDocument, TestFigures
from localci.formats.statement import Statement, encode_statement
from support.keys import sign
from support.note_trees import write_notes
from support.project import REPOSITORY, make_project
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key
    from support.project import Project

PASSED = TestFigures(total=2, failed=0, skipped=0)


def document(repository: Path, revision: str = "HEAD", **changes: Any) -> ResultDocument:
    """Return the document of a run on a commit that was over ten seconds ago and passed."""
    now = int(time.time())
    fields: dict[str, Any] = {
        "commit": git(repository, "rev-parse", f"{revision}^{{commit}}"),
        "tree": git(repository, "rev-parse", f"{revision}^{{tree}}"),
        "run_id": "5" * 32,
        "started_at": now - 20,
        "finished_at": now - 10,
        "checks": {"tests": passed_check(repository, revision)},
    }
    return ResultDocument(**(fields | changes))


def passed_check(repository: Path, revision: str = "HEAD", **changes: Any) -> CheckResult:
    """Return the check `tests`, passed, as the commit's own configuration defines it."""
    now = int(time.time())

    def read(path: str) -> bytes | None:
        done = subprocess.run(
            ["git", "cat-file", "blob", f"{revision}:{path}"],
            cwd=repository,
            capture_output=True,
            check=False,
        )
        return None if done.returncode else done.stdout

    fields: dict[str, Any] = {
        "passed": True,
        "figures": PASSED,
        "started_at": now - 20,
        "finished_at": now - 10,
        "definition": definition(find_configuration(read).tables, "tests") or "",
    }
    return CheckResult(**(fields | changes))


def signed_line(
    of: ResultDocument, key: Key, home: Path, *options: str, repository: str = REPOSITORY
) -> bytes:
    """Return the line of a note; gpg signs in the home, with `options`."""
    payload = encode_statement(Statement(of.commit, of.tree, repository, of))
    signature = sign(home, key.fingerprint, pae(PAYLOAD_TYPE, payload), *options)
    return encode_envelope(
        Envelope(payload, PAYLOAD_TYPE, (Signature(key.fingerprint, signature),))
    )


def attach(
    repository: Path, lines: Mapping[str, tuple[bytes, ...]], name: str = "refs/notes/ci"
) -> None:
    """Let a notes ref hold just these lines, flat, by what they hang on."""
    write_notes(
        repository,
        {object_id: b"".join(line + b"\n" for line in note) for object_id, note in lines.items()},
        name,
    )


def tree_of(repository: Path, revision: str = "HEAD") -> str:
    """Return the id of a commit's tree."""
    return git(repository, "rev-parse", f"{revision}^{{tree}}")


def make_trusted(directory: Path, *keys: Key, object_format: str = "sha1") -> Project:
    """Make a project that knows which branch of its remote is the default one."""
    project = make_project(directory, *keys, object_format=object_format)
    git(project.path, "remote", "set-head", "origin", "main")
    return project


def make_feature(directory: Path, key: Key) -> Project:
    """Make a project that trusts the key, with a commit on a feature branch of its own."""
    project = make_trusted(directory, key)
    git(project.path, "switch", "-q", "-c", "feature")
    project.commit({"feature": "new"})
    return project


def attach_good_line(project: Project, key: Key, homes: Homes) -> bytes:
    """Attach a passed result of HEAD, on the commit and on its tree, and return its line."""
    line = signed_line(document(project.path), key, homes.gnupg)
    attach(project.path, {project.head: (line,), tree_of(project.path): (line,)})
    return line
