from __future__ import annotations

import pytest

from localci.errors import FormatError, GpgError
from localci.gpg.certificate import Certificate, PublicKey
from localci.gpg.status import GoodSignature, read_status

PRIMARY = "0123456789abcdef0123456789abcdef01234567"
SUBKEY = "89abcdef0123456789abcdef0123456789abcdef"
ENCRYPTING = "e" * 40
FEEBLE = "f" * 40
OTHER = "1" * 40
PINNED = Certificate(
    b"",
    (
        PublicKey(PRIMARY, may_sign=True, weak=False),
        PublicKey(SUBKEY, may_sign=True, weak=False),
        PublicKey(ENCRYPTING, may_sign=False, weak=False),
        PublicKey(FEEBLE, may_sign=True, weak=True),
    ),
)


def validsig(
    key: str = PRIMARY, *, at: str = "1700000000", digest: str = "10", kind: str = "00",
    primary: str = PRIMARY,
) -> str:  # fmt: skip
    return f"VALIDSIG {key.upper()} 2023-11-14 {at} 0 4 0 22 {digest} {kind} {primary.upper()}"


NEWSIG = "NEWSIG ada@example.org"
GOODSIG = f"GOODSIG {PRIMARY[-16:].upper()} Ada Lovelace <ada@example.org>"
GOOD = (
    NEWSIG,
    f"KEY_CONSIDERED {PRIMARY.upper()} 0",
    "SIG_ID 5k0+T7kKYw 2023-11-14 1700000000",
    GOODSIG,
    validsig(),
    "VERIFICATION_COMPLIANCE_MODE 23",
)


def lines(*rows: str) -> bytes:
    return b"".join(b"[GNUPG:] %s\n" % row.encode() for row in rows)


def refusal(*rows: str, code: int = 0) -> str:
    with pytest.raises(FormatError) as caught:
        read_status(lines(*rows), code, PINNED)
    return caught.value.code


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_good_signature_is_one_whatever_the_exit_code(code: int) -> None:
    found = read_status(lines(*GOOD), code, PINNED)
    assert found == GoodSignature(PRIMARY, PRIMARY, 1_700_000_000)


def test_a_subkey_signs_for_its_primary() -> None:
    found = read_status(lines(NEWSIG, GOODSIG, validsig(SUBKEY)), 0, PINNED)
    assert found == GoodSignature(SUBKEY, PRIMARY, 1_700_000_000)


@pytest.mark.parametrize(
    "word", ["NOTATION_NAME a", "NOTATION_FLAGS 0 1", "NOTATION_DATA b", "POLICY_URL https://x",
             "KEYEXPIRED 1700000000"]
)  # fmt: skip
def test_what_says_nothing_against_it_is_passed_over(word: str) -> None:
    assert read_status(lines(*GOOD, word), 0, PINNED)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("EXPKEYSIG 89ABCDEF01234567 Ada", "key-expired"),
        ("REVKEYSIG 89ABCDEF01234567 Ada", "key-revoked"),
        ("EXPSIG 89ABCDEF01234567 Ada", "signature-invalid"),
        ("BADSIG 89ABCDEF01234567 Ada", "signature-invalid"),
        ("ERRSIG 89ABCDEF01234567 22 10 00 1700000000 9 -", "signature-invalid"),
        ("NO_PUBKEY 89ABCDEF01234567", "signature-invalid"),
        ("NODATA 4", "signature-invalid"),
        ("UNEXPECTED 0", "signature-invalid"),
        ("BADARMOR", "signature-invalid"),
        ("FAILURE gpgv 1", "signature-invalid"),
        ("ERROR verify 1", "signature-invalid"),
        ("KEYREVOKED", "signature-invalid"),
        ("SIGEXPIRED deprecated", "signature-invalid"),
        ("TRUST_NEVER 0 pgp", "signature-invalid"),
        ("TRUST_ULTIMATE 0 pgp", "signature-invalid"),
        ("PLAINTEXT 62 1700000000 x", "signature-invalid"),
        ("IMPORT_OK 1 0123", "signature-invalid"),
        ("A_WORD_OF_TOMORROW", "signature-invalid"),
        ("", "signature-invalid"),
        ("goodsig 89ABCDEF01234567", "signature-invalid"),
    ],
)
def test_any_other_word_refuses_wherever_it_stands(word: str, code: str) -> None:
    assert refusal(*GOOD, word) == code
    assert refusal(word, *GOOD) == code
    assert refusal(NEWSIG, word, code=1) == code


@pytest.mark.parametrize(
    "rows",
    [
        GOOD + GOOD,
        (*GOOD, NEWSIG),
        (*GOOD, GOODSIG),
        (*GOOD, validsig()),
        (*GOOD, validsig(SUBKEY)),
        (GOODSIG, validsig()),
        (NEWSIG, validsig()),
        (NEWSIG, GOODSIG),
        (NEWSIG,),
        ("KEY_CONSIDERED 0 0",),
    ],
    ids=len,
)
def test_two_signatures_or_half_of_one_are_none(rows: tuple[str, ...]) -> None:
    assert refusal(*rows) == "signature-invalid"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (validsig(OTHER, primary=OTHER), "signer-unknown"),
        (validsig(primary=PRIMARY[:-1]), "signer-unknown"),
        (validsig(primary=PRIMARY + "0"), "signer-unknown"),
        (validsig(primary=PRIMARY[-16:]), "signer-unknown"),
        (validsig(OTHER), "signature-invalid"),
        (validsig(ENCRYPTING), "signature-invalid"),
        (validsig(FEEBLE), "weak-algorithm"),
        (validsig(digest="2"), "weak-algorithm"),
        (validsig(digest="1"), "weak-algorithm"),
        (validsig(digest="3"), "weak-algorithm"),
        (validsig(digest="12"), "weak-algorithm"),
        (validsig(kind="01"), "signature-invalid"),
        (validsig(kind="02"), "signature-invalid"),
        (validsig(kind="10"), "signature-invalid"),
        (validsig(at="-1"), "signature-invalid"),
        (validsig(at="20231114T221320"), "signature-invalid"),
        (validsig(at=""), "signature-invalid"),
        (validsig(digest="x"), "signature-invalid"),
        (validsig().rpartition(" ")[0], "signature-invalid"),
        ("VALIDSIG", "signature-invalid"),
        ("VALIDSIG " + PRIMARY.upper(), "signature-invalid"),
    ],
)
def test_what_is_said_of_the_signature_has_to_be_whole_and_strong(row: str, code: str) -> None:
    assert refusal(NEWSIG, GOODSIG, row) == code


@pytest.mark.parametrize(
    "status",
    [
        b"",
        b"\n\n",
        b"gpgv: Good signature from Ada\n",
        b"[GNUPG] GOODSIG x\n",
        b"\t" + lines(*GOOD).replace(b"\n[", b"\n ["),
        lines(*GOOD).replace(b"[GNUPG:] ", b"[GNUPG:]"),
        lines(*GOOD).replace(b"\n", b"\r")[1:],
        lines(*GOOD).replace(b"\n", "\u2028".encode())[1:],
    ],
    ids=lambda status: repr(status)[:30],
)
def test_without_a_status_line_nobody_knows(status: bytes) -> None:
    for code in (0, 1, 126, 127):
        with pytest.raises(GpgError, match=f"ended with {code}"):
            read_status(status, code, PINNED)
    with pytest.raises(FormatError) as caught:
        read_status(status, 2, PINNED)
    assert caught.value.code == "signature-invalid"


@pytest.mark.parametrize("status", [b"", lines(NEWSIG), lines(*GOOD)], ids=len)
def test_a_gpgv_that_was_killed_has_said_nothing(status: bytes) -> None:
    with pytest.raises(GpgError, match="killed by signal 9"):
        read_status(status, -9, PINNED)


@pytest.mark.parametrize("end", ["\r", "\u2028", "\x85", "\x0b", "\x0c", "\x1c"], ids=ascii)
def test_only_a_newline_ends_a_line(end: str) -> None:
    # All of it is one line: text in a User ID.
    text = end.join(f"[GNUPG:] {row}" for row in GOOD)
    assert refusal(NEWSIG, f"BADSIG 89ABCDEF01234567 {text}") == "signature-invalid"
    assert refusal(f"NEWSIG {text}") == "signature-invalid"


def test_text_in_a_user_id_adds_no_line() -> None:
    user_id = "x%0A[GNUPG:] VALIDSIG \x1b[31m \xff [GNUPG:] GOODSIG"
    rows = (NEWSIG, f"{GOODSIG} {user_id}", validsig())
    assert read_status(lines(*rows), 0, PINNED).primary == PRIMARY
    assert refusal(NEWSIG, f"EXPKEYSIG 0 {user_id}", validsig()) == "key-expired"
