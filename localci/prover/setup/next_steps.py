"""What to type so that the policy names a key of mine: `trust add`, or `trust request`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from localci.config.policy import POLICY_FILE
from localci.config.protected_paths import protects
from localci.gpg.certificate import Certificate
from localci.prover.setup.signers import email_of

if TYPE_CHECKING:
    from localci.config.policy import Policy, PublicKey, Signer

ADD = "localci trust add"
REQUEST = "localci trust request"


def is_protected(policy: Policy) -> bool:
    """Tell whether a change of the policy's own file needs somebody's approval."""
    return any(protects(rule.pattern)(POLICY_FILE) for rule in policy.path_rules)


def how_to_join(policy: Policy) -> str:
    """Return what somebody types whom the policy does not name; his key is the one used here."""
    if is_protected(policy):
        return f"{REQUEST} > FILE, which you send to whoever keeps {POLICY_FILE}"
    return ADD


def how_to_add(policy: Policy | None, key: PublicKey, before: Signer | None, *, used: bool) -> str:
    """Return what lets the policy name a new key, beside the one that signed `before`.

    `used` tells that git's settings name the new key, so that it need not be named. Where the
    policy has somebody of that name, `--name` says that it is really that person.
    """
    words = [] if used else ["--key", key.fingerprint]
    person = before or (None if policy is None else _of_that_name(policy, key))
    if person is not None:
        words += ["--name", shlex.quote(person.name)]
    add = f"`{' '.join([ADD, *words])}` puts it into the policy"
    if policy is None or not is_protected(policy):
        return add
    asking = " ".join([REQUEST, *words])
    return f"{add}; where that is another's to change, send what `{asking}` prints"


def _of_that_name(policy: Policy, key: PublicKey) -> Signer | None:
    address = email_of(key).casefold() if isinstance(key, Certificate) else ""
    named = (
        signer
        for signer in policy.signers
        if address and address in map(str.casefold, (signer.name, *signer.accounts))
    )
    return next(named, None)
