"""`localci verify` on real repositories, with real signatures, as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import TestFigures
from localci.formats.strict_json import dumps_canonical
from support.attested import (
    attach,
    document,
    make_trusted,
    passed_check,
    signed_line,
    tree_of,
)
from support.fake_programs import path_without, put_on_path
from support.repositories import git, ref
from support.verdicts import codes, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.project import Project


@pytest.mark.usefixtures("good")
def test_an_attested_commit_is_accepted(project: Project) -> None:
    done = project.localci("verify")
    assert (done.code, done.errors) == (0, "")
    first, trusted, tests = done.output.splitlines()
    assert first == f"accepted  commit {project.head} (by its commit)"
    main = ref(project.path, "origin/main")
    assert trusted == f"  trusted  refs/remotes/origin/main at {main[:12]}"
    assert tests.split() == [
        "tests",
        "2",
        "tests,",
        "0",
        "failed,",
        "0",
        "skipped",
        "ada@example.org",
    ]


@pytest.mark.usefixtures("good")
def test_the_json_is_the_published_one(project: Project) -> None:
    code, found = verdict(project, "--target", "main")
    (checks,) = [found.pop("checks")]
    digest = found["trust"].pop("policy_digest")
    assert code == 0
    assert found == {
        "verdict": "accepted",
        "commit": project.head,
        "tree": tree_of(project.path),
        "target": "main",
        "trust": {"ref": "refs/remotes/origin/main", "commit": ref(project.path, "origin/main")},
        "self_judged": False,
        "match": "commit",
        "signers": ["ada@example.org"],
        "attestations": [{"signer": "ada@example.org", "accepted": True, "reasons": []}],
        "reasons": [],
    }
    policy = git(project.path, "show", "origin/main:.localci/policy.toml") + "\n"
    hashed = subprocess.run(["sha256sum"], input=policy.encode(), capture_output=True, check=True)
    assert digest == hashed.stdout.split()[0].decode()
    assert checks["tests"]["signer"] == "ada@example.org"
    assert checks["tests"]["kind"] == "tests"
    assert checks["tests"]["total"] == 2


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("revision", ["HEAD", "feature", "@", "refs/heads/feature"])
def test_a_commit_is_named_in_any_way(project: Project, revision: str) -> None:
    assert project.localci("verify", revision).code == 0
    assert project.localci("verify", project.head[:10]).code == 0


@pytest.mark.usefixtures("good")
def test_the_same_tree_under_another_commit_is_accepted(project: Project) -> None:
    git(project.path, "commit", "-q", "--amend", "--no-verify", "-m", "Another message")
    code, found = verdict(project)
    assert (code, found["match"]) == (0, "tree")


def test_a_forged_figure_is_refused(project: Project, good: bytes, homes: Homes, ada: Key) -> None:
    better = passed_check(project.path, figures=TestFigures(200, 0, 0))
    other = json.loads(
        signed_line(document(project.path, checks={"tests": better}), ada, homes.gnupg)
    )
    forged = json.dumps(json.loads(good) | {"payload": other["payload"]}).encode()
    attach(project.path, {project.head: (forged,)})
    code, found = verdict(project)
    assert code == 1
    assert codes(found) == ["signature-invalid", "check-missing"]


def test_a_failed_result_is_refused(project: Project, ada: Key, homes: Homes) -> None:
    failed = passed_check(project.path, passed=False, figures=TestFigures(2, 1, 0))
    line = signed_line(document(project.path, checks={"tests": failed}), ada, homes.gnupg)
    attach(project.path, {project.head: (line,)})
    assert codes(verdict(project)[1]) == ["result-failed", "check-missing"]


@pytest.mark.parametrize(
    ("name", "options", "code"),
    [
        ("bob", (), "signer-unknown"),
        ("expired", ("--faked-system-time", "20200601T000000"), "key-expired"),
        ("revoked", (), "key-revoked"),
        ("weak", (), "weak-algorithm"),
        ("ada", ("--digest-algo", "SHA1"), "weak-algorithm"),
        ("ada", ("--textmode",), "signature-invalid"),
        ("ada", ("--faked-system-time", "20500101T000000"), "timestamp-future"),
    ],
)
def test_a_signature_that_gpgv_says_yes_to_is_refused(
    tmp_path: Path, keys: Keys, homes: Homes, name: str, options: tuple[str, ...], code: str
) -> None:
    trusted = [keys[known] for known in ("ada", "expired", "revoked", "weak")]
    project = make_trusted(tmp_path, *trusted)
    # The secret part alone: gpg itself would not sign with what it knows to be revoked.
    subprocess.run(
        ["gpg", "--batch", "--quiet", "--import"],
        input=keys[name].secret.encode(),
        check=True,
        capture_output=True,
    )
    line = signed_line(document(project.path), keys[name], homes.gnupg, *options)
    attach(project.path, {project.head: (line,)})
    found = verdict(project)
    assert found[0] == 1
    assert codes(found[1])[0] == code


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["HEAD", "HEAD"],
        ["--trust-ref", "nothing"],
        ["--trust-ref", ""],
        ["--remote", "nothing"],
        ["--nothing"],
        ["HEAD^{tree}"],
        ["$(touch fired)"],
        ["`touch fired`"],
    ],
    ids=str,
)
def test_a_question_without_sense_is_one_line(project: Project, arguments: list[str]) -> None:
    if arguments == ["--trust-ref", ""]:
        git(project.path, "remote", "remove", "origin")
    done = project.localci("verify", *arguments)
    assert (done.code, done.output) == (2, "")
    assert not list(project.path.rglob("fired"))


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("language", ["de_DE.UTF-8", "C", "POSIX", "tr_TR.UTF-8"])
def test_the_language_changes_nothing(project: Project, language: str) -> None:
    environment = {"LANG": language, "LC_ALL": language, "LANGUAGE": language}
    assert verdict(project, **environment)[0] == 0
    git(project.path, "update-ref", "-d", "refs/notes/ci")
    assert verdict(project, "--remote", "origin", **environment)[0] == 3


@pytest.mark.usefixtures("good")
def test_optimised_python_judges_alike(project: Project) -> None:
    for revision, code in (("HEAD", 0), ("HEAD~1", 3), ("nothing", 2)):
        done = subprocess.run(
            [sys.executable, "-O", "-m", "localci", "verify", revision],
            cwd=project.path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code


NASTY = "\x1b[31m\x07\r\n::error::pwned\n##[error]pwned\u202e\u2028<b>`x`\u0000"


def test_text_of_a_note_comes_out_harmless(project: Project, ada: Key, homes: Homes) -> None:
    lines = [
        signed_line(document(project.path), ada, homes.gnupg, repository=f"x.org/{NASTY}"),
        dumps_canonical({"payloadType": NASTY, "payload": NASTY, "signatures": [NASTY]}),
        dumps_canonical({"version": NASTY, NASTY: NASTY}),
        signed_line(
            document(project.path, checks={"tests": passed_check(project.path)}, branch=NASTY),
            ada, homes.gnupg, repository=NASTY,
        ),
        NASTY.encode(),
    ]  # fmt: skip
    attach(project.path, {project.head: tuple(lines)})
    for arguments in ([], ["--json"]):
        done = project.localci("verify", *arguments)
        assert done.code == 1
        for shown in (done.output + done.errors).splitlines():
            assert shown.isprintable(), shown
            assert not shown.lstrip().startswith("::")
            assert "##[" not in shown


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("program", ["gpgv", "git"])
def test_without_its_tools_there_is_no_verdict(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    path_without(monkeypatch, tmp_path / "bin", program)
    done = project.localci("verify")
    assert done.code == 4
    assert f"{program} " in done.output + done.errors
    assert len(done.errors.splitlines()) <= 1


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 4), ("exit 1", 4), ("kill -9 $$", 4), ("exit 2", 1),
     ("echo '[GNUPG:] GOODSIG x' >&2; echo '[GNUPG:] VALIDSIG x'", 4),
     ("echo '[GNUPG:] NEWSIG' >/dev/fd/$2; echo '[GNUPG:] GOODSIG x' >/dev/fd/$2", 1)],
)  # fmt: skip
def test_a_gpgv_that_says_yes_to_all_convinces_nobody(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: int
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", "gpgv", script)
    found = verdict(project)
    assert found[0] == code
    assert codes(found[1])[0] == ("unavailable" if code == 4 else "signature-invalid")


@pytest.mark.usefixtures("good")
def test_a_reader_that_goes_away_is_no_traceback(project: Project) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m localci verify --json | true', sys.executable],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("good")
def test_a_terminal_without_unicode_gets_its_verdict(project: Project) -> None:
    code, _ = verdict(project, "--trust-ref", "main", PYTHONIOENCODING="ascii")
    assert code == 0
    names = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = project.localci("verify", "--target", "é", environment=names)
    assert done.code == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_the_terminal_cannot_show_changes_no_verdict(
    project: Project, ada: Key, homes: Homes, encoding: str
) -> None:
    address = "example.org/é\u4e16\U0001f600"
    line = signed_line(document(project.path), ada, homes.gnupg, repository=address)
    attach(project.path, {project.head: (line,)})
    done = project.localci("verify", environment={"PYTHONIOENCODING": encoding})
    assert done.code == 1
    assert "repository-mismatch: it was made for example.org/" in done.output
