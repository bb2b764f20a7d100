"""The script of `docs/` checks a real note without localci; so does another OpenPGP."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.formats.envelope import pae
from localci.git.refs import NOTES_REF
from support.isolation import PROJECT
from support.parts import need
from support.project import Project, make_project
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key, Keys

SCRIPT = PROJECT / "docs" / "verify-by-hand.sh"


@pytest.fixture
def pushed(tmp_path: Path, ada: Key) -> Project:
    project = make_project(tmp_path, ada)
    project.install_hook()
    project.commit({"code": "1"})
    git(project.path, "push", "--quiet")
    return project


def by_hand(project: Project, certificate: str) -> subprocess.CompletedProcess[str]:
    need("jq")
    return subprocess.run(
        ["sh", str(SCRIPT), "HEAD", certificate],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
    )


def note_of(project: Project) -> dict[str, str]:
    decoded: dict[str, str] = json.loads(
        git(project.path, "notes", f"--ref={NOTES_REF}", "show", "HEAD")
    )
    return decoded


def test_the_script_accepts_a_real_note(pushed: Project, ada: Key) -> None:
    done = by_hand(pushed, ".localci/keys/ada.asc")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"PASSED by {ada.fingerprint.upper()}: ")
    assert '"total":2' in done.stdout


def test_the_script_refuses_another_signer(pushed: Project, keys: Keys) -> None:
    (pushed.path / "mallory.asc").write_text(keys["mallory"].certificate)

    done = by_hand(pushed, "mallory.asc")

    assert done.returncode == 1
    assert done.stdout == "BAD SIGNATURE\n"


def test_the_script_refuses_a_forged_figure(pushed: Project) -> None:
    envelope = note_of(pushed)
    payload = base64.b64decode(envelope["payload"]).replace(b'"total":2', b'"total":9')
    forged = json.dumps({**envelope, "payload": base64.b64encode(payload).decode()})
    for target in ("HEAD", "HEAD^{tree}"):
        git(pushed.path, "notes", f"--ref={NOTES_REF}", "add", "-f", "-m", forged, target)

    done = by_hand(pushed, ".localci/keys/ada.asc")

    assert done.returncode == 1
    assert done.stdout == "BAD SIGNATURE\n"


def test_the_script_refuses_the_note_of_another_commit(pushed: Project) -> None:
    good = pushed.head
    pushed.commit({"code": "2"})
    git(pushed.path, "notes", f"--ref={NOTES_REF}", "copy", good, "HEAD")

    done = by_hand(pushed, ".localci/keys/ada.asc")

    assert done.returncode == 1
    assert done.stdout == "ANOTHER TREE\n"


def test_another_implementation_of_openpgp_accepts_the_signature(
    pushed: Project, ada: Key, tmp_path: Path
) -> None:
    envelope = note_of(pushed)
    signature = envelope["signatures"][0]["sig"]  # type: ignore[index]
    (tmp_path / "sig").write_bytes(base64.b64decode(signature))
    (tmp_path / "ada.asc").write_text(ada.certificate)
    signed = pae(envelope["payloadType"], base64.b64decode(envelope["payload"]))

    def sqop(data: bytes) -> int:
        command = [need("sqop"), "verify", str(tmp_path / "sig"), str(tmp_path / "ada.asc")]
        return subprocess.run(command, input=data, capture_output=True, check=False).returncode

    assert sqop(signed) == 0
    assert sqop(signed + b" ") != 0
