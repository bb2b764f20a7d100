"""What is fuzzed: each target takes any bytes, and raises only where a promise is broken.

The promises: bytes that are not understood end in one of localci's own errors; a value that was
read survives being written and read again; and no note is accepted unless somebody whom the
policy counts signed a result in it that passed. Signatures are those of `support.cases`, so that
no process is started; gpgv and ssh-keygen are asked in `tests/attacks`.
"""

from __future__ import annotations

import json
from itertools import cycle, repeat
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition, reads_history
from localci.config.policy import POLICY_FILE
from localci.config.read_policy import read_policy
from localci.errors import FormatError, GitError, LocalciError, PolicyError, UsageError
from localci.formats.approval import decode_approval, encode_approval
from localci.formats.bundle import read_bundle, write_bundle
from localci.formats.envelope import decode_envelope, encode_envelope
from localci.formats.result import decode_result, encode_result
from localci.formats.statement import decode_statement, encode_statement
from localci.formats.strict_json import dumps_canonical, loads_object
from localci.git.objects import parse_tree
from localci.gpg.certificate import Certificate, read_certificate
from localci.gpg.packets import read_only_signature
from localci.gpg.status import read_status
from localci.ssh.public_key import read_key_blob, read_public_key
from localci.ssh.sshsig import read_sshsig
from localci.verifier.judge import judge
from localci.verifier.report import verdict_lines
from localci.verifier.verdict import ACCEPTED, encode_verdict
from support.cases import ADA, BOB, ROBOT, check_signature
from support.cases import envelope as sign_envelope
from support.documents import TREE
from support.notes import CASES, PASSED_STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.config.policy import PublicKey
    from localci.formats.good_signature import GoodSignature
    from localci.verifier.evidence import Case, SignatureCheck
    from localci.verifier.verdict import Verdict

    Target = Callable[[bytes], bool]

CORPUS: Final = Path(__file__).with_name("corpus")
_CLOCK: Final = repeat(0.0).__next__
_KEY_FILE: Final = CORPUS / "certificate" / "good-ed25519-armored"


def note(data: bytes) -> bool:
    """Judge a note in every case; it must be accepted for nobody's sake but a signer's."""
    verdicts = [judged_rightly(data, each) for each in CASES]
    return any(verdicts)


def judged_rightly(data: bytes, of: Case, check: SignatureCheck = check_signature) -> bool:
    """Judge a note in one case, hold the promises of a verdict, and tell whether it accepts."""
    signed: dict[str, set[str]] = {}

    def watched(key: PublicKey, signature: bytes, pae: bytes) -> GoodSignature:
        found = check(key, signature, pae)
        if pae in PASSED_STATEMENTS:
            signed.setdefault(key.fingerprint, set()).add(PASSED_STATEMENTS[pae])
        return found

    verdict = judge(of._replace(bundle=read_bundle((data,))), watched, _CLOCK)
    _hold_to_its_form(verdict)
    if verdict.verdict != ACCEPTED:
        return False
    if of.policy.require_signature:
        people = {person.name for person in of.policy.signers if person.fingerprint in signed}
        assert set(verdict.signers) <= people
        assert len(people) >= of.policy.threshold
        assert any(of.tree in trees for trees in signed.values())
    return True


def _hold_to_its_form(verdict: Verdict) -> None:
    json.loads(json.dumps(encode_verdict(verdict), allow_nan=False))
    assert all(line.isprintable() for line in verdict_lines(verdict))
    assert (verdict.verdict == ACCEPTED) == (verdict.exit_code == 0)
    assert verdict.reasons or verdict.verdict == ACCEPTED


def signed(data: bytes) -> bool:
    """Judge a note of payloads, a line each, that people of the policy signed unread.

    So the fuzzer gets behind the signature: a payload that passes counts, and any other does not.
    """
    payloads = data.replace(b"\r", b"").split(b"\n")[:8]
    people = (ADA, BOB, ROBOT)
    lines = [
        encode_envelope(sign_envelope(payload, person))
        for payload, person in zip(payloads, cycle(people))
        if payload
    ]
    verdicts = [
        judge(each._replace(bundle=read_bundle((b"\n".join(lines),))), check_signature, _CLOCK)
        for each in CASES
    ]
    for verdict in verdicts:
        _hold_to_its_form(verdict)
    accepted = any(verdict.verdict == ACCEPTED for verdict in verdicts)
    assert not accepted or any(map(_passed, payloads))
    return accepted


def _passed(payload: bytes) -> bool:
    try:
        read = decode_statement(payload)
    except FormatError:
        return False
    passed = [name for name, item in read.document.checks.items() if item.passed]
    return read.tree == TREE and not read.document.failed and bool(passed)


def bundle(data: bytes) -> bool:
    """Split a note into lines, which stay the same lines when they are written again."""
    lines = read_bundle((data,)).lines
    assert read_bundle((write_bundle(lines),)).lines == lines
    return bool(lines)


def envelope(data: bytes) -> bool:
    """Read an envelope; what was read is written in one way only."""
    try:
        read = decode_envelope(loads_object(data, "the line"))
    except FormatError:
        return False
    assert decode_envelope(loads_object(encode_envelope(read), "the line")) == read
    return True


def statement(data: bytes) -> bool:
    """Read a payload; what was read means the same when it is written again."""
    try:
        read = decode_statement(data)
        again = encode_statement(read)
    except FormatError:
        return False
    # What is no address has no normal form, and of a list that is too long the end gives way.
    same = decode_statement(again)._replace(repository=read.repository)
    assert same == read or len(data) > len(again)
    return True


def approval(data: bytes) -> bool:
    """Read an approval; what was read means the same when it is written again."""
    try:
        read = decode_approval(loads_object(data, "the payload"))
    except FormatError:
        return False
    assert decode_approval(loads_object(encode_approval(read), "the payload")) == read
    return True


def result(data: bytes) -> bool:
    """Read a result document, which may come unsigned and from anybody."""
    try:
        read = decode_result(loads_object(data, "the result"))
    except FormatError:
        return False
    again = loads_object(dumps_canonical(encode_result(read)), "the result")
    assert decode_result(again) == read
    return True


def policy(data: bytes) -> bool:
    """Read a policy file, with a real key beside it."""
    files = {POLICY_FILE: data, ".localci/keys/ada.asc": _KEY_FILE.read_bytes()}
    try:
        read = read_policy(files.get)
    except PolicyError:
        return False
    assert read.requirements
    assert read.threshold >= 1
    assert len({name for signer in read.signers for name in signer.key.fingerprints}) >= len(
        read.signers
    )
    return True


def configuration(data: bytes) -> bool:
    """Compute a check's definition from the trust commit's file, valid or not."""
    try:
        tables = find_configuration({"localci.toml": data}.get).tables
    except UsageError:
        return False
    reads_history(tables, "tests")
    return definition(tables, "tests") is not None


def certificate(data: bytes) -> bool:
    """Read an OpenPGP certificate, armored or binary."""
    try:
        read = read_certificate(data)
    except FormatError:
        return False
    assert read_certificate(read.packets) == read
    assert read.holds(read.fingerprint)
    return True


def signature(data: bytes) -> bool:
    """Read an OpenPGP signature packet before gpgv is asked."""
    try:
        read_only_signature(data)
    except FormatError:
        return False
    return True


def status(data: bytes) -> bool:
    """Read what gpgv says, by a signer whose user id may say anything; a byte for its exit code."""
    pinned = _pinned()
    try:
        good = read_status(data[1:], data[0] if data else 0, pinned)
    except LocalciError:
        return False
    assert good.primary == pinned.fingerprint
    assert b"[GNUPG:] VALIDSIG " in data
    return True


def ssh_signature(data: bytes) -> bool:
    """Read the blob of an SSH signature before ssh-keygen is asked."""
    try:
        read = read_sshsig(data)
    except FormatError:
        return False
    assert b"localci" in data
    assert read.key.blob in data
    return True


def ssh_key(data: bytes) -> bool:
    """Read an SSH public key, a line's text; and the same bytes as a key's binary form."""
    try:
        read = read_public_key(data.decode("utf-8", "replace"))
    except FormatError:
        return _ssh_blob(data)
    assert read_public_key(read.line) == read
    assert _ssh_blob(read.blob)
    return True


def git_tree(data: bytes) -> bool:
    """Read the body of a tree object out of a repository that belongs to somebody else."""
    try:
        entries = parse_tree(data, 20)
    except GitError:
        return False
    assert len({entry.name for entry in entries}) == len(entries)
    return True


def _ssh_blob(data: bytes) -> bool:
    try:
        read = read_key_blob(data)
    except FormatError:
        return False
    assert read.blob == data
    return True


def _pinned() -> Certificate:
    return read_certificate(_KEY_FILE.read_bytes())


TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "note": note,
        "signed": signed,
        "bundle": bundle,
        "envelope": envelope,
        "statement": statement,
        "approval": approval,
        "result": result,
        "policy": policy,
        "configuration": configuration,
        "certificate": certificate,
        "signature": signature,
        "status": status,
        "ssh-signature": ssh_signature,
        "ssh-key": ssh_key,
        "git-tree": git_tree,
    }
)
"""What tells the bytes that were taken from those that were refused; never an exception."""
