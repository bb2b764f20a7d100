"""The floor of `localci verify`: the same question, answered by hand and without any judgement.

    python floor_verify.py COMMIT NOTES-REF CERTIFICATE-PATH-IN-THE-TREE

One `git cat-file --batch`, one gpgv, the standard library. It prints the signer's fingerprint.
There is no policy, no trust commit, no strictness and no isolation from the repository here; what
localci takes beyond this is what those cost.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile


def main(commit: str, notes_ref: str, certificate_path: str) -> None:
    """Find the note's first line, and check its signature and its subject."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as git:
        commit_id, body = read(git, f"{commit}^{{commit}}")
        tree = body.split(b"\n", 1)[0].removeprefix(b"tree ").decode("ascii")
        note = find_note(git, notes_ref, commit_id)
        certificate = read(git, f"{commit}:{certificate_path}")[1]
        git.communicate()
    envelope = json.loads(note.split(b"\n", 1)[0])
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode("ascii")
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    fingerprint = check(dearmor(certificate), signature, signed)
    if json.loads(payload)["subject"][0]["digest"] != {"gitCommit": commit_id, "gitTree": tree}:
        sys.exit("the note is about another commit")
    print(fingerprint)


def read(git: subprocess.Popen[bytes], name: str) -> tuple[str, bytes]:
    """Return the id and the content of an object; empty if there is none."""
    if git.stdin is None or git.stdout is None:
        raise ValueError(name)
    git.stdin.write(f"{name}\n".encode())
    git.stdin.flush()
    header = git.stdout.readline().split()
    if header[-1] == b"missing":
        return "", b""
    content = git.stdout.read(int(header[2]) + 1)
    return header[0].decode("ascii"), content[:-1]


def find_note(git: subprocess.Popen[bytes], notes_ref: str, object_id: str) -> bytes:
    """Return the note on an object, at whatever fan-out it stands."""
    for place in (object_id, f"{object_id[:2]}/{object_id[2:]}"):
        _, note = read(git, f"{notes_ref}:{place}")
        if note:
            return note
    sys.exit("there is no note")


def dearmor(certificate: bytes) -> bytes:
    """Return the packets of an armored certificate (RFC 9580, section 6)."""
    body = certificate.split(b"\n\n", 1)[1].split(b"\n=", 1)[0]
    return base64.b64decode(body)


def check(certificate: bytes, signature: bytes, data: bytes) -> str:
    """Return the primary fingerprint of the key whose signature holds."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [f"{directory}/{name}" for name in ("keyring.gpg", "signature", "data")]
        for path, content in zip(paths, (certificate, signature, data), strict=True):
            # pathlib would cost the floor 3 ms.
            with open(path, "wb") as file:  # noqa: PTH123
                file.write(content)
        status = subprocess.run(
            ["gpgv", "--status-fd", "1", "--homedir", directory, "--keyring", *paths],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        ).stdout
    valid = next(line for line in status.split(b"\n") if line.startswith(b"[GNUPG:] VALIDSIG "))
    return valid.split()[-1].decode("ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
