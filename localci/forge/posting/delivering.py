"""A posting on its way: put on its forge, and recorded, whatever became of it."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.deliveries import DELIVERED, POST, WAITING, DeliveryRecord, record_delivery
from localci.forge.posting import bitbucket, gitea, github, gitlab
from localci.forge.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.forge.dialect import Dialect
    from localci.forge.posting.posting import Place, Posted, Posting
    from localci.forge.token import Token


class _Forge(NamedTuple):
    dialect: Dialect
    post: Callable[[RestApi, Place, Posting], Posted]


_FORGES: Final[Mapping[str, _Forge]] = MappingProxyType(
    {
        "github": _Forge(github.DIALECT, github.post),
        "gitlab": _Forge(gitlab.DIALECT, gitlab.post),
        "gitea": _Forge(gitea.DIALECT, gitea.post),
        "bitbucket": _Forge(bitbucket.DIALECT, bitbucket.post),
    }
)
_INTERRUPTED: Final = "interrupted"


class Recipient(NamedTuple):
    """Where it goes: `remote` is how people call it, without credentials."""

    remote: str
    place: Place
    token: Token


def deliver(
    common_dir: str,
    recipient: Recipient,
    posting: Posting,
    sleep: Callable[[float], None] = time.sleep,
) -> Posted:
    """Put a posting on its forge and return what became of it. `sleep` waits, in seconds.

    Raises UsageError where the token cannot be one.
    """
    forge = _FORGES[recipient.place.forge]
    api = RestApi(forge.dialect, recipient.place.api, recipient.token, sleep)
    delivery = _Delivery(common_dir, recipient.remote, api)
    try:
        posted = forge.post(api, recipient.place, posting)
    except BaseException:
        delivery.record(WAITING, 0, _INTERRUPTED)
        raise
    items = len(posted.lines) + len(posted.problems)
    if posted.problems:
        delivery.record(WAITING, items, posted.problems[0])
        return posted
    delivery.record(DELIVERED, items)
    return posted


class _Delivery:
    """One delivery, from now on."""

    def __init__(self, common_dir: str, remote: str, api: RestApi) -> None:
        self._common_dir = common_dir
        self._remote = remote
        self._api = api
        self._at = time.time()
        self._began = time.monotonic()

    def record(self, outcome: str, items: int, reason: str = "") -> None:
        record_delivery(
            self._common_dir,
            DeliveryRecord(
                at=self._at,
                what=POST,
                remote=self._remote,
                outcome=outcome,
                attempts=self._api.most_tries,
                seconds=time.monotonic() - self._began,
                items=items,
                reason=reason,
            ),
        )
