"""A history of thousands of commits: attested ones with their notes, and commits signed by git.

The signatures are real ones, of the form that gpg writes; ten thousand by gpg itself would take a
minute. The secret key is one that gpg made without a passphrase.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition
from localci.formats.base64_text import encode_base64
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope, pae
from localci.formats.result import (
    CheckResult,
    CoverageFigures,
    IssueFigures,
    ResultDocument,
    TestFigures,
)
from localci.formats.statement import ConfigurationBlob, Statement, encode_statement
from localci.gpg.packets import read_packets
from support.keys import gpg
from support.project import REPOSITORY, make_project, policy_for
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from localci.formats.result import Figures
    from localci.formats.strict_json import JsonValue
    from support.keys import Key
    from support.project import Project

BRANCH: Final = "attested"
SIGNED_BRANCH: Final = "signed"
CHECKS: Final = """\
version = 1
[checks.tests]
run = "pytest --junitxml={reports}/junit.xml"
report = "junit:junit.xml"
[checks.coverage]
from = "tests"
report = "coverage:coverage.json"
[checks.lint]
run = "ruff check --output-format=sarif --output-file={reports}/ruff.sarif"
report = "sarif:ruff.sarif"
"""
REQUIREMENTS: Final = """\
[require.tests]
max_failed = 0
min_total = 1
[require.coverage]
min_percentage = 85.0
[require.lint]
max_issues = 0
"""
_WHO: Final = b"Ada Lovelace <ada@example.org>"
_SECRET_KEY: Final = 5
_ED25519: Final = b"\x16\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01"
"""EdDSA, and the curve's name (RFC 9580, 9.2)."""


class Signer(NamedTuple):
    """A key that signs in this process, as gpg would."""

    fingerprint: str
    secret: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """Return a signature packet of version 4, class 00, over SHA-256 (RFC 4880, 5.2.3)."""
        issuer = bytes.fromhex(self.fingerprint)
        hashed = b"\x16\x21\x04" + issuer + b"\x05\x02" + int(time.time()).to_bytes(4, "big")
        head = b"\x04\x00\x16\x08" + len(hashed).to_bytes(2, "big") + hashed
        digest = hashlib.sha256(data + head + b"\x04\xff" + len(head).to_bytes(4, "big")).digest()
        made = self.secret.sign(digest)
        body = head + b"\x00\x0a\x09\x10" + issuer[-8:] + digest[:2]
        body += _number(made[:32]) + _number(made[32:])
        return bytes([0x88, len(body)]) + body


def make_history(root: Path, key: Key, commits: int) -> Project:
    """Make the project: attested commits with notes on each and on its tree, and signed ones."""
    files = {
        "localci.toml": CHECKS,
        ".localci/policy.toml": policy_for(key, requirements=REQUIREMENTS),
    }
    project = make_project(root, key, files=files)
    signer = _signer(key)
    _write_commits(project, commits)
    listed = git(project.path, "log", "--format=%H %T", f"main..{BRANCH}").splitlines()
    _write_notes(project, signer, [line.split() for line in listed])
    _write_signed(project, signer, listed)
    git(project.path, "repack", "-adq")
    return project


def _signer(key: Key) -> Signer:
    packets = subprocess.run(
        ["gpg", "--dearmor"], input=key.secret.encode("ascii"), capture_output=True, check=True
    ).stdout
    body = next(packet.body for packet in read_packets(packets) if packet.tag == _SECRET_KEY)
    if body[5:16] != _ED25519:
        raise SystemExit("the key is not an ed25519 one")
    public = 18 + (int.from_bytes(body[16:18], "big") + 7) // 8
    if body[public]:
        raise SystemExit("the key has a passphrase")
    size = (int.from_bytes(body[public + 1 : public + 3], "big") + 7) // 8
    seed = body[public + 3 : public + 3 + size].rjust(32, b"\0")
    return Signer(key.fingerprint, Ed25519PrivateKey.from_private_bytes(seed))


def _write_commits(project: Project, commits: int) -> None:
    rows = []
    start = git(project.path, "rev-parse", "main")
    now = int(time.time()) - commits - 600
    for number in range(commits):
        rows.append(
            b"commit refs/heads/%s\ncommitter %s %d +0000\ndata 6\nChange\n"
            % (BRANCH.encode(), _WHO, now + number)
        )
        if not number:
            rows.append(b"from %s\n" % start.encode())
        content = b"%d\n" % number
        rows.append(
            b"M 100644 inline src/part%d.py\ndata %d\n%s\n" % (number % 20, len(content), content)
        )
    _import(project, rows)


def _write_notes(project: Project, signer: Signer, commits: Sequence[Sequence[str]]) -> None:
    definitions = _definitions(project)
    rows = [b"commit refs/notes/ci\ncommitter %s 1700000000 +0000\ndata 5\nnotes\n" % _WHO]
    for commit, tree in commits:
        line = _line(signer, commit, tree, definitions)
        rows.append(b"M 100644 inline %s\ndata %d\n%s\n" % (_place(commit), len(line), line))
        rows.append(b"M 100644 inline %s\ndata %d\n%s\n" % (_place(tree), len(line), line))
    _import(project, rows)


def _definitions(project: Project) -> dict[str, str]:
    def read(path: str) -> bytes | None:
        file = project.path / path
        return file.read_bytes() if file.is_file() else None

    tables = find_configuration(read).tables
    return {name: definition(tables, name) or "" for name in ("tests", "coverage", "lint")}


def _line(signer: Signer, commit: str, tree: str, definitions: dict[str, str]) -> bytes:
    statement = Statement(
        commit,
        tree,
        REPOSITORY,
        _document(commit, tree, definitions),
        (ConfigurationBlob("localci.toml", "a" * 40),),
        (f"refs/heads/{BRANCH}",),
    )
    payload = encode_statement(statement)
    made = signer.sign(pae(PAYLOAD_TYPE, payload))
    signature = Signature(signer.fingerprint, made)
    return encode_envelope(Envelope(payload, PAYLOAD_TYPE, (signature,))) + b"\n"


def _document(commit: str, tree: str, definitions: dict[str, str]) -> ResultDocument:
    now = int(time.time())
    figures: dict[str, Figures] = {
        "tests": TestFigures(150, 0, 5),
        "coverage": CoverageFigures(87.5, 85.0),
        "lint": IssueFigures((), 0),
    }
    checks = {
        name: CheckResult(
            passed=True,
            figures=of,
            started_at=now - 70,
            finished_at=now - 60,
            exit_code=0,
            duration_ms=10_000,
            definition=definitions[name],
            inputs=hashlib.sha256(f"{name} {tree}".encode()).hexdigest(),
            log=hashlib.sha256(f"{name} {commit}".encode()).hexdigest(),
        )
        for name, of in figures.items()
    }
    tools: dict[str, JsonValue] = {"pytest": "9.0.1", "ruff": "0.17.5"}
    environment: dict[str, JsonValue] = {
        "os": "linux", "arch": "x86_64", "python": "3.11.7", "localci": "0.1.0",
        "isolation": "namespaces", "tools": tools,
    }  # fmt: skip
    return ResultDocument(
        commit, tree, commit[:32], now - 80, now - 60, checks, BRANCH, environment=environment
    )


def _write_signed(project: Project, signer: Signer, commits: Sequence[str]) -> None:
    """Sign as many commits on the same trees as `git commit -S` does, one upon the other."""
    parent = git(project.path, "rev-parse", "main")
    directory = project.path / ".git" / "signed-commits"
    directory.mkdir()
    names = []
    for number, row in enumerate(reversed(commits)):
        tree = row.split()[1]
        head = f"tree {tree}\nparent {parent}\n".encode()
        who = b"author %s 1700000000 +0000\ncommitter %s 1700000000 +0000\n" % (_WHO, _WHO)
        message = b"\nChange\n"
        signature = b"".join(_armored(signer.sign(head + who + message)))
        content = head + who + b"gpgsig " + signature.replace(b"\n", b"\n ")[:-1] + message
        parent = hashlib.sha1(
            b"commit %d\0%s" % (len(content), content), usedforsecurity=False
        ).hexdigest()
        name = f".git/signed-commits/{number}"
        (project.path / name).write_bytes(content)
        names.append(name)
    git(project.path, "hash-object", "-t", "commit", "-w", "--stdin-paths", data="\n".join(names))
    git(project.path, "update-ref", f"refs/heads/{SIGNED_BRANCH}", parent)
    shutil.rmtree(directory)


def _armored(signature: bytes) -> Iterator[bytes]:
    yield b"-----BEGIN PGP SIGNATURE-----\n\n"
    text = encode_base64(signature).encode("ascii")
    for start in range(0, len(text), 64):
        yield text[start : start + 64] + b"\n"
    yield b"-----END PGP SIGNATURE-----\n"


def _place(object_id: str) -> bytes:
    return f"{object_id[:2]}/{object_id[2:]}".encode("ascii")


def _number(data: bytes) -> bytes:
    """Return a multiprecision integer (RFC 4880, 3.2)."""
    value = int.from_bytes(data, "big")
    return value.bit_length().to_bytes(2, "big") + value.to_bytes(
        (value.bit_length() + 7) // 8, "big"
    )


def _import(project: Project, rows: Sequence[bytes]) -> None:
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=project.path, input=b"".join(rows), check=True
    )


def import_key(home: Path, key: Key) -> None:
    """Let gpg know the certificate, and trust it wholly, as `git verify-commit` asks it to."""
    gpg(home, "--import", data=key.certificate.encode("ascii"))
    gpg(home, "--import-ownertrust", data=f"{key.fingerprint.upper()}:6:\n".encode("ascii"))
