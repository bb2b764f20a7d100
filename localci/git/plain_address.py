"""An address without its credentials, which git gets another way. Pure.

What git starts for http (git-remote-https) has the address among its arguments, which everybody on
the machine can read. So git is given a plain one, and what the address held by configuration in the
environment: a credential helper of ours for this very address, which answers for no other, neither
after a redirect nor to a proxy.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

_WITH_CREDENTIALS: Final = re.compile(
    # To the last `@`, as curl has it: a password that holds one must not be cut in two.
    # `http::` in front names the helper that git takes anyhow.
    r"(?:https?::)?(https?://)([^/?#:]*)(?:(:)([^/?#]*))?@([^@/?#]*(?:[/?#].*)?)",
    re.IGNORECASE,
)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_USERNAME: Final = "LOCALCI_REMOTE_USERNAME"
_PASSWORD: Final = "LOCALCI_REMOTE_PASSWORD"  # noqa: S105 - the name of a variable


class PlainAddress(NamedTuple):
    """An address that may be seen, and how git has its credentials all the same.

    `settings` are git configuration, `variables` belong into git's environment.
    """

    url: str
    settings: tuple[tuple[str, str], ...] = ()
    variables: Mapping[str, str] = {}


def plain_address(url: str, number: int = 0) -> PlainAddress:
    """Return an address as others may see it; one that holds no credentials is as it was.

    `number` tells several apart that git is to have at once.
    """
    found = _WITH_CREDENTIALS.fullmatch(url)
    if not found:
        return PlainAddress(url)
    username, password = unquote(found[2]), unquote(found[4] or "")
    if _CONTROL.search(username + password):
        # No helper can say it (git-credential(1)); git itself refuses most of these.
        return PlainAddress(url)
    plain = found[1] + found[5]
    if not found[3]:
        named = ((f"credential.{plain}.username", username),) if username else ()
        return PlainAddress(plain, named)
    name, secret = f"{_USERNAME}_{number}", f"{_PASSWORD}_{number}"
    helper = (
        f"!f() {{ test \"$1\" = get && printf 'username=%s\\npassword=%s\\n'"
        f' "${name}" "${secret}"; }}; f'
    )
    key = f"credential.{plain}.helper"
    # The empty one: those before it are not asked.
    return PlainAddress(plain, ((key, ""), (key, helper)), {name: username, secret: password})
