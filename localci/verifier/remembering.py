"""Ask about each signature once: anybody can write a line a thousand times over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.errors import LocalciError

if TYPE_CHECKING:
    from localci.config.policy import PublicKey
    from localci.formats.good_signature import GoodSignature
    from localci.verifier.evidence import SignatureCheck


def remembering(check_signature: SignatureCheck) -> SignatureCheck:
    """Return the check with a memory of its answers, refusals and faults included."""
    answers: dict[tuple[str, bytes, bytes], GoodSignature | LocalciError] = {}

    def check(key: PublicKey, signature: bytes, data: bytes) -> GoodSignature:
        question = (key.fingerprint, signature, data)
        if question not in answers:
            try:
                answers[question] = check_signature(key, signature, data)
            except LocalciError as error:
                answers[question] = error
        answer = answers[question]
        if isinstance(answer, LocalciError):
            raise answer.with_traceback(None)
        return answer

    return check
