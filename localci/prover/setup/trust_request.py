"""How a colleague asks for a place in the policy: the entry that he proposes, and his key, as text.

Nothing in a request is believed: it proposes a name, and whoever keeps the policy compares the
fingerprint with its owner. It cannot ask for roles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.toml_file import read_toml
from localci.errors import FormatError, UsageError
from localci.gpg.armor import armor
from localci.gpg.certificate import Certificate
from localci.prover.setup.public_keys import only_key
from localci.prover.setup.signers import NewSigner, entry_lines, key_path
from localci.ssh.public_key import read_public_key

if TYPE_CHECKING:
    from localci.config.policy import PublicKey
    from localci.config.toml_file import TomlTable

_HEADER: Final = b"[[signer]]"
_ARMOR: Final = b"-----BEGIN "
_KEYS: Final = frozenset({"name", "fingerprint", "key", "ssh", "accounts"})
_OPENING: Final = (
    "# Somebody asks to be trusted. Compare the fingerprint with its owner, then type:\n"
    "#   localci trust add FILE\n"
)


def write_request(new: NewSigner) -> str:
    """Return the request of a signer, ASCII but for the name."""
    path = "" if not isinstance(new.key, Certificate) else key_path(new)
    entry = "\n".join(["[[signer]]", *entry_lines(new, path), ""])
    key = armor(new.key.packets).decode("ascii") if isinstance(new.key, Certificate) else ""
    return f"{_OPENING}{entry}" + (f"\n{key}" if key else "")


def is_request(data: bytes) -> bool:
    """Tell whether the bytes are a request and not a bare key."""
    return any(line.strip() == _HEADER for line in data.partition(_ARMOR)[0].splitlines())


def read_request(data: bytes, source: str) -> NewSigner:
    """Return who asks to be trusted, by which key; the name is proposed only. Raises UsageError."""
    text, begin, rest = data.partition(_ARMOR)
    entries = read_toml(text, source).tables
    listed = entries.get("signer")
    if set(entries) != {"signer"} or not isinstance(listed, list) or len(listed) != 1:
        raise UsageError(f"{source} is not one request", then=_AGAIN)
    entry = listed[0]
    if not isinstance(entry, dict) or not _KEYS.issuperset(entry):
        extra = ", ".join(sorted(set(entry) - _KEYS)) if isinstance(entry, dict) else "no table"
        raise UsageError(
            f"{source} asks for what a request cannot: {extra}", then="give roles with --role"
        )
    key = _key(entry, begin + rest, source)
    if _text(entry, "fingerprint", source).replace(" ", "") not in {"", key.fingerprint}:
        raise UsageError(
            f"{source} names another fingerprint than its key has, {key.fingerprint}", then=_AGAIN
        )
    accounts = entry.get("accounts", [])
    if not isinstance(accounts, list):
        raise UsageError(f"{source}: accounts is not a list", then=_AGAIN)
    names = tuple(account for account in accounts if isinstance(account, str))
    return NewSigner(key, accounts=names, proposed_name=_text(entry, "name", source).strip())


_AGAIN: Final = "let its sender type `localci trust request` again"


def _key(entry: TomlTable, rest: bytes, source: str) -> PublicKey:
    if "ssh" not in entry:
        return only_key(rest, source)
    try:
        return read_public_key(_text(entry, "ssh", source))
    except FormatError as error:
        raise UsageError(f"{source}: {error.what}", then=_AGAIN) from None


def _text(entry: TomlTable, key: str, source: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{source}: {key} is not a text", then=_AGAIN)
    return value
