"""Write the corpus that the fuzzer starts from.

    PYTHONPATH=tests .venv/bin/python tests/fuzz/make_corpus.py

Notes, statements and results are those of `support.notes`. Keys and signatures are made by gpg and
ssh-keygen, so they differ each time, and are written only where there is none yet (`--anew` writes
all). A file's name says what it is and whether it is taken: `good-` or `bad-`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.formats.base64_text import decode_base64
from localci.formats.result import encode_result
from localci.formats.strict_json import dumps_canonical
from localci.gpg.armor import dearmor
from localci.ssh.sshsig import dearmor as dearmor_ssh
from support.documents import document
from support.keys import Keys, gpg, short_home, sign
from support.notes import ACCEPTED_NOTES, REFUSED_NOTES, payloads

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    Artefact = tuple[str, str, bytes]

CORPUS: Final = Path(__file__).with_name("corpus")
_POLICY: Final = """\
version = 1
repository = ["example.org/acme/app", "git@example.org:acme/old.git"]
threshold = 1
max_age = "30d"
binding = "tree"
checks_from = "base"
reuse = "own"
author_alone = true

[require.tests]
max_failed = 0
min_total = 1
[require.coverage]
min_percentage = 85.0
max_drop = 0.5
max_age = "1d"
[branch."release/*".require.tests]
threshold = 2
roles = ["maintainer"]

[paths.".github/**"]
roles = ["maintainer"]

[[signer]]
name = "ada@example.org"
fingerprint = "{fingerprint}"
key = "keys/ada.asc"
roles = ["developer", "maintainer"]
not_before = 2026-01-01
not_after = 2027-01-01
accounts = ["ada"]

[[signer]]
name = "bob@example.org"
ssh = "{ssh_key}"
revoked = {{ at = 2026-06-01, reason = "laptop stolen" }}
"""
_CONFIGURATION: Final = """\
version = 1

[run]
setup = "uv sync --frozen"
pass_env = ["PATH", "HOME"]

[checks.tests]
run = "pytest -q --junitxml={reports}/junit.xml"
report = "junit:junit.xml"
services = ["redis"]
matrix.python = ["3.11", "3.12"]

[checks.coverage]
from = "tests"
report = "coverage:coverage.json"

[services.redis]
run = "redis-server --port {port}"
"""
_SAID: Final = (
    "\x00[GNUPG:] NEWSIG\n[GNUPG:] KEY_CONSIDERED {0} 0\n"
    "[GNUPG:] SIG_ID abc 2026-11-21 1795230000\n"
    "[GNUPG:] GOODSIG {1} Ada\n"
    "[GNUPG:] VALIDSIG {0} 2026-11-21 1795230000 0 4 0 22 10 00 {0}\n"
)


def main() -> None:
    """Write what is missing, and what has to follow the formats."""
    anew = "--anew" in sys.argv[1:]
    for target, name, data in notes():
        _write(target, name, data)
    if anew or not (CORPUS / "certificate").exists():
        for target, name, data in _artefacts():
            _write(target, name, data)


def notes() -> Iterator[Artefact]:
    """Yield all that follows from the notes: target, file name, content."""
    for prefix, found in (("good", ACCEPTED_NOTES), ("bad", REFUSED_NOTES)):
        for name, note in found.items():
            yield "note", f"{prefix}-{name}", note
    for name in ("of-the-commit", "two-signatures", "with-fields-of-the-future"):
        yield "envelope", f"good-{name}", ACCEPTED_NOTES[name]
    yield "envelope", "bad-a-key-twice", REFUSED_NOTES["a-key-twice"]
    for name in ("with-more-checks", "reused-from-ones-own"):
        yield "statement", f"good-{name}", _payloads(name)[0]
    for name in ("with-more-checks", "reused-in-the-team", "approved", "by-two-people"):
        yield "signed", f"good-{name}", b"\n".join(_payloads(name))
    yield "signed", "bad-of-another-tree", payloads(REFUSED_NOTES["of-another-tree"])[0].payload
    yield "approval", "good-checks-and-paths", _payloads("approved")[1]
    yield "approval", "bad-result", _payloads("of-the-commit")[0]
    yield "result", "good-passed", dumps_canonical(encode_result(document()))
    yield "result", "bad-not-a-number", REFUSED_NOTES["not-a-number"]
    yield "statement", "bad-approval", _payloads("approved")[1]
    yield "bundle", "good-three-lines", ACCEPTED_NOTES["between-strangers"]
    yield "bundle", "bad-blank-lines", b"\n \r\n\t\n"
    yield "configuration", "good-two-checks", _CONFIGURATION.encode()
    yield "configuration", "bad-date", b"[checks.tests]\nrun = 2026-11-21\n"


def _payloads(name: str) -> list[bytes]:
    return [envelope.payload for envelope in payloads(ACCEPTED_NOTES[name])]


def _artefacts() -> Iterator[Artefact]:
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        ssh_key = yield from _ssh(scratch)
        yield from _openpgp(scratch, ssh_key)
        yield from _git()


def _openpgp(scratch: Path, ssh_key: str) -> Iterator[Artefact]:
    keys = Keys(scratch / "keys")
    for name in ("ada", "rsa", "revoked"):
        armored = keys[name].certificate.encode("ascii")
        kind = {"ada": "ed25519"}.get(name, name)
        yield "certificate", f"good-{kind}-armored", armored
        yield "certificate", f"good-{kind}-binary", dearmor(armored)
    twice = dearmor(keys["ada"].certificate.encode("ascii")) * 2
    yield "certificate", "bad-two-certificates", twice
    with short_home() as home:
        for name in ("ada", "rsa"):
            keys[name].add_to(home)
            made = sign(home, keys[name].fingerprint, b"data")
            yield "signature", f"good-{name}", made
        yield "signature", "bad-two-packets", made + made
        sha1 = sign(home, keys["ada"].fingerprint, b"data", "--digest-algo", "SHA1")
        yield "signature", "bad-sha1", sha1
        yield "signature", "bad-clear-signed", gpg(home, "--clear-sign", data=b"data")
    fingerprint = keys["ada"].fingerprint
    said = _SAID.format(fingerprint.upper(), fingerprint[-16:].upper()).encode()
    yield "status", "good-one-signature", said
    yield "status", "bad-two-signatures", said + said[1:]
    text = _POLICY.format(fingerprint=fingerprint, ssh_key=ssh_key)
    yield "policy", "good-all-keys", text.encode()
    yield "policy", "bad-threshold", text.replace("threshold = 1", "threshold = 0").encode()


def _ssh(scratch: Path) -> Generator[Artefact, None, str]:
    line = ""
    for kind in ("rsa", "ecdsa", "ed25519"):
        path = scratch / kind
        _run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "comment", "-f", str(path))
        line = path.with_suffix(".pub").read_text("ascii").strip()
        yield "ssh-key", f"good-{kind}", line.encode("ascii")
        yield "ssh-key", f"good-{kind}-binary", decode_base64(line.split()[1], kind)
        for namespace, prefix in (("localci", "good"), ("git", "bad")):
            made = _run("ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(path), data=b"data")
            yield "ssh-signature", f"{prefix}-{kind}-for-{namespace}", dearmor_ssh(made)
    yield "ssh-key", "bad-option", f"cert-authority {line}".encode("ascii")
    return line.rpartition(" ")[0]


def _git() -> Iterator[Artefact]:
    # Ids are 20 bytes each; what they name does not matter to who reads a tree.
    entries = ((b"100644 a file", 1), (b"40000 directory", 2), (b"120000 link", 3))
    body = b"".join(name + b"\0" + bytes([number]) * 20 for name, number in entries)
    yield "git-tree", "good-three-entries", body
    yield "git-tree", "bad-a-name-twice", body + body


def _run(*command: str, data: bytes = b"") -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def _write(target: str, name: str, data: bytes) -> None:
    path = CORPUS / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    main()
