"""Real OpenPGP keys without passphrases, each made once in a test session by gpg itself."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.isolation import stop_agents
from support.once import make_once

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Recipe:
    """How a key is made. `at` is the clock that gpg is shown, empty for the true one."""

    user_id: str
    algorithm: str = "ed25519"
    expires: str = "never"
    at: str = ""
    revoked: bool = False


RECIPES: Final = {
    "ada": Recipe("Ada Lovelace <ada@example.org>"),
    "bob": Recipe("Bob Noyce <bob@example.org>"),
    "mallory": Recipe("Mallory <mallory@example.org>"),
    "dated": Recipe("Ada Lovelace <ada@example.org>", expires="2y"),
    "expired": Recipe("Eve <eve@example.org>", expires="1y", at="20200101T000000"),
    "revoked": Recipe("Rob <rob@example.org>", revoked=True),
    "rsa": Recipe("Rivest <rivest@example.org>", algorithm="rsa2048"),
    "weak": Recipe("Wes <wes@example.org>", algorithm="rsa1024"),
}


@dataclass(frozen=True)
class Key:
    """A key pair: 40 hex digits in lower case, the certificate and the secret part, armored."""

    name: str
    user_id: str
    fingerprint: str
    certificate: str
    secret: str

    def add_to(self, home: Path) -> None:
        """Bring the secret key, certificate and all, into a GnuPG home."""
        gpg(home, "--import", data=self.secret.encode("ascii"))
        if RECIPES[self.name].revoked:
            gpg(home, "--import", data=self.certificate.encode("ascii"))


class Keys:
    """The keys of `RECIPES`, made in a directory that all workers of the session share."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __getitem__(self, name: str) -> Key:
        recipe = RECIPES[name]
        made = make_once(self._directory / name, lambda directory: _generate(recipe, directory))
        fingerprint, certificate, secret = (
            (made / part).read_text("ascii") for part in ("fingerprint", "certificate", "secret")
        )
        return Key(name, recipe.user_id, fingerprint, certificate, secret)


def gpg(home: Path, *arguments: str, data: bytes = b"") -> bytes:
    """Run gpg in a home, which must succeed, and return its standard output."""
    done = subprocess.run(
        ["gpg", "--homedir", str(home), "--batch", "--no-tty", "--quiet", *arguments],
        input=data,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"gpg {' '.join(arguments)}: {done.stderr.decode()}"
    return done.stdout


def sign(home: Path, fingerprint: str, data: bytes, *options: str) -> bytes:
    """Return a binary detached signature, by the very key that the fingerprint names."""
    key = ("--local-user", f"{fingerprint}!")
    return gpg(home, *options, *key, "--output", "-", "--detach-sign", data=data)


@contextlib.contextmanager
def short_home() -> Iterator[Path]:
    """Give a GnuPG home with a short path (an agent's socket takes 86 characters at most)."""
    home = Path(tempfile.mkdtemp(prefix="lci-", dir="/tmp"))
    try:
        yield home
    finally:
        stop_agents(home)
        shutil.rmtree(home, ignore_errors=True)


def _generate(recipe: Recipe, directory: Path) -> None:
    clock = ("--faked-system-time", recipe.at) if recipe.at else ()
    unprotected = ("--pinentry-mode", "loopback", "--passphrase", "")
    what = (recipe.user_id, recipe.algorithm, "sign,cert", recipe.expires)
    with short_home() as home:
        gpg(home, *clock, *unprotected, "--quick-generate-key", *what)
        fingerprint = _fingerprint(home)
        secret = gpg(home, "--armor", "--export-secret-keys", fingerprint)
        if recipe.revoked:
            _revoke(home, fingerprint)
        certificate = gpg(home, "--armor", "--export", fingerprint)
    (directory / "secret").write_bytes(secret)
    (directory / "certificate").write_bytes(certificate)
    (directory / "fingerprint").write_text(fingerprint.lower(), encoding="ascii")


def _fingerprint(home: Path) -> str:
    listing = gpg(home, "--with-colons", "--list-secret-keys").decode("utf-8")
    rows = [line.split(":") for line in listing.splitlines()]
    return next(row[9] for row in rows if row[0] == "fpr")


def _revoke(home: Path, fingerprint: str) -> None:
    """Use the certificate that gpg made with the key; a colon guards it against accidents."""
    guarded = (home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text("utf-8")
    gpg(home, "--import", data=guarded.replace(":-----BEGIN", "-----BEGIN").encode("utf-8"))
