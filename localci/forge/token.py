"""A forge's token: a secret that no message and no log shows."""

from __future__ import annotations


class Token:
    """A secret, empty for none. `user` is whom it belongs to, where that has to be said with it."""

    __slots__ = ("secret", "user")

    def __init__(self, secret: str, user: str = "") -> None:
        self.secret = secret
        self.user = user

    def __repr__(self) -> str:
        """Return what may be seen of it."""
        return "Token(…)" if self.secret else "Token()"
