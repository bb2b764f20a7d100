from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from localci.errors import FormatError, UsageError
from localci.formats.envelope import MAX_PAYLOAD, decode_envelope
from localci.formats.result import Reuse
from localci.formats.statement import ConfigurationBlob, Statement, decode_statement
from localci.formats.strict_json import loads_object
from localci.gpg.certificate import read_certificate
from localci.gpg.gpgv import check_signature
from localci.prover.attest.my_key import MyKey
from localci.prover.attest.openpgp_signer import OwnKey
from localci.prover.attest.statements import Source, reissue, reuse_of, sign_result
from support.documents import COMMIT, NOW, TREE, check, document

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key

SOURCE = Source(
    "example.org/acme/app", (ConfigurationBlob("localci.toml", "a" * 40),), ("refs/heads/x",)
)
OTHER = "9" * 40


def test_a_result_is_signed_as_it_stands(ada: Key, tmp_path: Path) -> None:
    made = document()
    with OwnKey(MyKey("", "gpg")).open() as signer:
        line = sign_result(made, SOURCE, signer)
    envelope = decode_envelope(loads_object(line, "it"))
    assert decode_statement(envelope.payload) == Statement(
        COMMIT, TREE, "example.org/acme/app", made, SOURCE.configuration, SOURCE.source_refs
    )
    (signature,) = envelope.signatures
    assert signature.keyid == ada.fingerprint
    assert b"\n" not in line
    good = check_signature(
        read_certificate(ada.certificate.encode()),
        signature.sig,
        envelope.signed_bytes,
        directory=str(tmp_path),
    )
    assert good.primary == ada.fingerprint


@pytest.mark.usefixtures("ada")
def test_a_result_that_is_too_long_is_not_signed() -> None:
    with OwnKey(MyKey("", "gpg")).open() as signer, pytest.raises(FormatError) as caught:
        sign_result(document(branch="b" * MAX_PAYLOAD), SOURCE, signer)
    assert caught.value.code == "too-large"


def test_a_result_is_issued_again_for_another_commit_of_the_tree() -> None:
    before = document({"tests": check(), "lint": check(passed=False, advisory=True)})
    reuse = reuse_of(before, b"payload", "f" * 40)
    after = reissue(before, OTHER, "other", reuse, NOW)
    assert (after.commit, after.tree, after.branch) == (OTHER, TREE, "other")
    assert (after.started_at, after.finished_at) == (NOW, NOW)
    assert after.run_id != before.run_id
    assert len(after.run_id) == 32
    assert reuse == Reuse(COMMIT, TREE, "f" * 40, sha256(b"payload").hexdigest())
    for name, ran in before.checks.items():
        assert after.checks[name] == ran._replace(reused_from=reuse)


def test_where_a_check_ran_is_named_and_never_another_reuse() -> None:
    ran = Reuse("1" * 40, TREE, "f" * 40, "a" * 64)
    before = document({"tests": check(reused_from=ran), "lint": check()})
    reuse = reuse_of(before, b"payload", "f" * 40)
    again = reissue(reissue(before, OTHER, "x", reuse, NOW), COMMIT, "y", reuse, NOW + 1)
    assert again.checks["tests"].reused_from == ran
    assert again.checks["lint"].reused_from == reuse


def test_every_run_has_a_name_of_its_own() -> None:
    reuse = reuse_of(document(), b"", "")
    names = {reissue(document(), OTHER, "", reuse, NOW).run_id for _ in range(20)}
    assert len(names) == 20


@pytest.mark.usefixtures("ada")
def test_what_nobody_signed_is_never_named() -> None:
    reused = check(reused_from=Reuse(OTHER, TREE, "", "e" * 64))
    with OwnKey(MyKey("", "gpg")).open() as signer, pytest.raises(UsageError, match="--no-cache"):
        sign_result(document({"tests": reused}), SOURCE, signer)
