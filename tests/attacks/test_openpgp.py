"""OpenPGP: every case of `support.openpgp_cases` on a line of a note, through `localci verify`.

One project pins every certificate that there is; a case is one signature on one envelope.
"""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from localci.cli import main
from localci.errors import FormatError
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope, pae
from localci.formats.statement import Statement, encode_statement
from localci.gpg import gpgv
from localci.gpg.armor import armor
from localci.gpg.certificate import read_certificate
from support.attacks import accepted, attack, refused, unavailable, unusable
from support.attested import attach, document, make_trusted, passed_check
from support.fake_programs import path_without, put_on_path
from support.keys import Key
from support.openpgp_cases import CASES, by_gpg
from support.openpgp_keys import WHILE_IT_LIVED
from support.project import REPOSITORY, policy_for
from support.scene import own_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from support.openpgp_cases import Case
    from support.openpgp_keys import Workshop
    from support.project import Project

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class Stand:
    """A project that trusts the owner of every certificate, and the workshop with their keys."""

    project: Project
    workshop: Workshop
    signers: Mapping[str, Key]

    def hang(self, made: Callable[[Workshop, bytes], bytes], *, age: int = 2 * HOUR) -> None:
        """Let the only note be one line with such a signature, on a result that is so old."""
        at = int(time.time()) - age
        times = {"started_at": at - 10, "finished_at": at}
        check = passed_check(self.project.path, **times)
        of = document(self.project.path, checks={"tests": check}, **times)
        payload = encode_statement(Statement(of.commit, of.tree, REPOSITORY, of))
        blob = made(self.workshop, pae(PAYLOAD_TYPE, payload))
        line = encode_envelope(Envelope(payload, PAYLOAD_TYPE, (Signature("", blob),)))
        attach(self.project.path, {self.project.head: (line,)})

    def trusting(self, files: Mapping[str, bytes], *, mode: str = "100644") -> str:
        """Return a commit whose policy or keys are these, for `--trust-ref`."""
        name = "refs/heads/elsewhere"
        rows = [b"commit %s\ncommitter G <g@example.org> %d +0000\ndata 1\nx\n"
                % (name.encode(), int(time.time())), b"from refs/heads/main^0\n"]  # fmt: skip
        rows += [
            b"M %s inline %s\ndata %d\n%s\n" % (mode.encode(), path.encode(), len(body), body)
            for path, body in files.items()
        ]
        subprocess.run(
            ["git", "fast-import", "--quiet", "--force"],
            cwd=self.project.path,
            input=b"".join(rows),
            check=True,
            capture_output=True,
        )
        return name

    def policy(self, *names: str) -> str:
        """Return the text of a policy that trusts these people."""
        return policy_for(*(self.signers[name] for name in names))


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory, openpgp: Workshop) -> Iterator[Stand]:
    """The project of this module, with a commit of its own on a feature branch."""
    signers = {
        name: Key(name, name, openpgp.fingerprints[name], armor(certificate).decode("ascii"), "")
        for name, certificate in openpgp.certificates.items()
        if name != "mallory"
    }
    with own_environment():
        project = make_trusted(tmp_path_factory.mktemp("stand"), *signers.values())
        project.commit({"feature": "new"})
        yield Stand(project, openpgp, signers)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=attack(*case.ids, case.text, expect=case.expect), id=case.text)
        for case in CASES
    ],
)
def test_a_signature(stand: Stand, case: Case) -> None:
    stand.hang(case.made)
    if case.accepted:
        assert accepted(stand.project)["signers"] == [f"{case.pinned}@example.org"]
    else:
        refused(stand.project, case.expect)


@attack("G38", expect="stale")
def test_a_result_that_is_too_old(stand: Stand) -> None:
    at = time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() - 31 * DAY))
    stand.hang(by_gpg("old", "--faked-system-time", at), age=31 * DAY + 60)
    refused(stand.project, "stale")


@attack("G38", "a result that is too old, signed again today", expect="stale")
def test_an_old_result_signed_today(stand: Stand) -> None:
    stand.hang(by_gpg("old"), age=31 * DAY)
    refused(stand.project, "stale")


@attack("G39", "a date set back to long before the result", expect="timestamp-future")
def test_a_date_before_its_result(stand: Stand) -> None:
    stand.hang(by_gpg("old", *WHILE_IT_LIVED))
    refused(stand.project, "timestamp-future")


@attack("a signature of a day to come", expect="timestamp-future")
def test_a_date_to_come(stand: Stand) -> None:
    at = time.strftime("%Y%m%dT%H%M%S", time.gmtime(time.time() + DAY))
    stand.hang(by_gpg("old", "--faked-system-time", at))
    refused(stand.project, "timestamp-future")


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param(rule, code, marks=attack(*ids, text, expect=code), id=text)
        for ids, text, rule, code in (
            (("G39",), "a policy that trusted the key until yesteryear, the date set back",
             "not_after = 2025-01-01", "key-expired"),
            ((), "a policy that trusts the key from next century on", "not_before = 2100-01-01",
             "key-not-yet-valid"),
            (("G04",), "a policy that revokes the key as of a day to come",
             'revoked = { at = 2100-01-01, reason = "lost" }', "key-revoked"),
            (("G04",), "a policy that revoked the key after the signature",
             "revoked = { at = 2026-11-01 }", "key-revoked"),
        )
    ],
)  # fmt: skip
def test_a_key_that_the_policy_takes_back(stand: Stand, rule: str, code: str) -> None:
    stand.hang(by_gpg("old", *WHILE_IT_LIVED))
    policy = f"{stand.policy('old')}{rule}\n"
    refused(stand.project, code, "--trust-ref", stand.trusting(_as_policy(policy)))


def _as_policy(text: str) -> dict[str, bytes]:
    return {".localci/policy.toml": text.encode("utf-8")}


def _ends(fingerprint: str) -> list[str]:
    other = fingerprint.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    return [
        fingerprint[-16:],
        fingerprint[:16],
        fingerprint[-8:],
        fingerprint[:-1],
        f"{fingerprint}0",
        f"0x{fingerprint}",
        fingerprint[:20] + other[20:],
        other[:20] + fingerprint[20:],
        fingerprint[:-1] + other[-1:],
        fingerprint.replace(fingerprint[0], "\u0430", 1),
        "",
    ]


@attack("G34", expect="policy-invalid")
def test_a_fingerprint_that_fits_in_part(stand: Stand) -> None:
    stand.hang(by_gpg("ada"))
    whole = stand.signers["ada"].fingerprint
    for part in _ends(whole):
        policy = stand.policy("ada").replace(whole, part)
        unusable(stand.project, "policy-invalid", "--trust-ref", stand.trusting(_as_policy(policy)))


@attack("G34", "another person's key under Ada's fingerprint", expect="policy-invalid")
def test_a_key_file_with_another_key(stand: Stand) -> None:
    files = {".localci/keys/ada.asc": stand.signers["old"].certificate.encode("ascii")}
    unusable(stand.project, "policy-invalid", "--trust-ref", stand.trusting(files))


@attack("G51", expect="policy-invalid")
@pytest.mark.parametrize("options", [("--armor",), ()], ids=["armored", "binary"])
def test_a_secret_key_in_the_policys_place(stand: Stand, options: tuple[str, ...]) -> None:
    secret = stand.workshop.gpg_made(
        "ada", b"", *options, "--export-secret-keys", "ada@example.org"
    )
    ref = stand.trusting({".localci/keys/ada.asc": secret})
    found = unusable(stand.project, "policy-invalid", "--trust-ref", ref)
    assert "SECRET key" in found["reasons"][0]["message"]
    assert ".localci/keys/ada.asc" in found["reasons"][0]["message"]


@attack("G52", expect="policy-invalid")
@pytest.mark.parametrize("target", ["old.asc", "/etc/passwd", "../../run-tests", "ada.asc"])
def test_a_key_file_that_is_a_link(stand: Stand, target: str) -> None:
    ref = stand.trusting({".localci/keys/ada.asc": target.encode("ascii")}, mode="120000")
    found = unusable(stand.project, "policy-invalid", "--trust-ref", ref)
    assert "is not a regular file" in found["reasons"][0]["message"]


@attack("G24", "a key file with a second certificate in it", expect="policy-invalid")
@attack("G16", "a key file with text before or after the key", expect="policy-invalid")
@attack("G47", "a key file that is cut", expect="policy-invalid")
@attack("G36", "a certificate of a version to come", expect="policy-invalid")
def test_a_key_file_that_is_no_certificate(stand: Stand) -> None:
    ada, old = (stand.signers[name].certificate for name in ("ada", "old"))
    certificate = stand.workshop.certificates["ada"]
    for body in (
        (ada + old).encode("ascii"),
        certificate + stand.workshop.certificates["old"],
        b"Hello\n" + ada.encode("ascii"),
        ada.encode("ascii") + b"Hello\n",
        ada.encode("ascii")[:-60],
        certificate[:-9],
        b"\x98\x33\x06" + certificate[3:],
        stand.workshop.gpg_signed("ada", b"data"),
        b"",
    ):
        ref = stand.trusting({".localci/keys/ada.asc": body})
        unusable(stand.project, "policy-invalid", "--trust-ref", ref)


@attack("G47", "a key file whose checksum is false (RFC 9580, 6.1)", expect="ACCEPT")
def test_a_key_file_with_a_false_checksum(stand: Stand) -> None:
    rows = stand.signers["ada"].certificate.splitlines()
    rows = ["=AAAA" if row.startswith("=") and len(row) == 5 else row for row in rows]
    stand.hang(by_gpg("ada"))
    ref = stand.trusting({".localci/keys/ada.asc": "\n".join(rows).encode("ascii")})
    accepted(stand.project, "--trust-ref", ref)


@attack("G48", "no gpgv at all", expect="unavailable")
def test_a_missing_gpgv(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.hang(by_gpg("ada"))
    path_without(monkeypatch, tmp_path / "bin", "gpgv")
    unavailable(stand.project)


@attack("G48", "a gpgv that says nothing, fails or dies", expect="unavailable")
@pytest.mark.parametrize(
    "script",
    ["exit 0", "exit 1", "exit 127", "kill -9 $$", "echo '[GNUPG:] GOODSIG x'; exit 0",
     "echo 'gpgv: Good signature' >&2; exit 0"],
)  # fmt: skip
def test_a_gpgv_that_says_nothing(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    stand.hang(by_gpg("ada"))
    put_on_path(monkeypatch, tmp_path / "bin", "gpgv", script)
    unavailable(stand.project)


@attack("G48", "a gpgv that hangs", expect="unavailable")
def test_a_gpgv_that_hangs(
    stand: Stand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Within this process: only here can the ten seconds be shortened.
    stand.hang(by_gpg("ada"))
    put_on_path(monkeypatch, tmp_path / "bin", "gpgv", "exec tail -f /dev/null")
    monkeypatch.setattr(gpgv, "TIMEOUT", 0.3)
    monkeypatch.chdir(stand.project.path)
    assert main(["verify", "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert found["reasons"][0]["code"] == "unavailable"
    assert "gave no answer" in found["reasons"][0]["message"]


@pytest.mark.parametrize(
    "status",
    [
        "NEWSIG|GOODSIG x|VALIDSIG {ada} d 1 0 4 0 22 10 00 {old}",
        "NEWSIG|GOODSIG x|VALIDSIG {old} d 1 0 4 0 22 10 00 {ada}",
        "NEWSIG|GOODSIG x|VALIDSIG {ada}",
        "NEWSIG|GOODSIG x",
        "GOODSIG x|VALIDSIG {ada} d 1 0 4 0 22 10 00 {ada}",
        "NEWSIG|NEWSIG|GOODSIG x|VALIDSIG {ada} d 1 0 4 0 22 10 00 {ada}",
        "NEWSIG|GOODSIG x|GOODSIG x|VALIDSIG {ada} d 1 0 4 0 22 10 00 {ada}",
        "NEWSIG|BADSIG x|GOODSIG x|VALIDSIG {ada} d 1 0 4 0 22 10 00 {ada}",
        "NEWSIG|GOODSIG x|VALIDSIG {ada} d 1 0 4 0 22 10 00 {ada}|REVKEYSIG x",
        "NEWSIG|GOODSIG x|VALIDSIG {ada} d 1 0 4 0 22 10 01 {ada}",
        "NEWSIG|GOODSIG x|VALIDSIG {ada} d 1 0 4 0 22 2 00 {ada}",
        "NEWSIG|GOODSIG x|VALIDSIG {ada} d -1 0 4 0 22 10 00 {ada}",
        "NEWSIG|GOODSIG x|SOMETHING|VALIDSIG {ada} d 1 0 4 0 22 10 00 {ada}",
        "NEWSIG|GOODSIG x\\r[GNUPG:] VALIDSIG {ada} d 1 0 4 0 22 10 00 {ada}",
    ],
)
@attack("status lines that say yes in part, or yes and no", expect="exit 1")
def test_status_that_is_not_exactly_one_good_signature(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    # The real gpgv says none of these; what is read from it must hold all the same.
    fingerprints = {name: stand.signers[name].fingerprint.upper() for name in ("ada", "old")}
    rows = "".join(f"[GNUPG:] {row}\\n" for row in status.format(**fingerprints).split("|"))
    stand.hang(by_gpg("ada"))
    put_on_path(monkeypatch, tmp_path / "bin", "gpgv", f"printf '{rows}' > /dev/fd/$2")
    refused(stand.project, "check-missing")


@attack("G49", expect="ACCEPT")
@attack(
    "G49", "a bad signature, and a gpgv that speaks another language", expect="signature-invalid"
)
@pytest.mark.parametrize("language", ["de_DE.UTF-8", "tr_TR.UTF-8", "C"])
def test_the_language_of_the_machine(stand: Stand, language: str) -> None:
    environment = {"LANG": language, "LC_ALL": language, "LANGUAGE": "de:tr"}
    stand.hang(by_gpg("ada"))
    accepted(stand.project, **environment)
    stand.hang(lambda workshop, data: workshop.gpg_signed("ada", data + b"\n"))
    refused(stand.project, "signature-invalid", **environment)


def test_a_certificate_cut_anywhere(stand: Stand) -> None:
    # The reader alone: hundreds of cuts, and each is refused, or leaves fewer packets of one key.
    whole = stand.workshop.certificates["ada"]
    for end in range(len(whole)):
        try:
            found = read_certificate(whole[:end])
        except FormatError as error:
            assert error.code == "malformed"  # noqa: PT017 - not every cut is refused
        else:
            assert found.fingerprint == stand.signers["ada"].fingerprint
