"""`make bench`: what localci costs where people feel it, beside the floors, in one run.

Run by the interpreter of the environment in which the built package is installed and compiled. All
processes are cold ones; a call is made in this process. Figures are medians in milliseconds.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contention import contention_rows
from delivery import delivery_rows
from harness import Call, Process, medians
from localci.gpg.certificate import read_certificate
from localci.gpg.gpgv import check_signature
from localci.prover.attest.my_key import MyKey
from localci.prover.attest.openpgp_signer import OwnKey
from lookup import lookups
from range import range_rows
from reports import report_rows
from runner import runner_rows
from scratch import BRANCH, MANAGERS, NOTES, attested_envelope, make_scene, with_manager
from support.isolation import TESTER, Homes, isolated
from support.keys import Keys, sign
from table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scratch import Scene
    from support.keys import Key

ROUNDS: Final = 21
PYTHON: Final = sys.executable
LOCALCI: Final = str(Path(sys.executable).with_name("localci"))


def main() -> None:
    """Measure everything and print the table."""
    with tempfile.TemporaryDirectory(prefix="lci-bench-", dir="/tmp") as directory:
        homes = Homes(Path(directory))
        homes.create()
        _move_into(homes)
        try:
            key = Keys(homes.root / "keys")["ada"]
            key.add_to(homes.gnupg)
            scene = make_scene(homes.root / "scene", key)
            print(_heading())
            for row in _rows(scene, key, homes):
                print(row, flush=True)
        finally:
            homes.remove()


def _rows(scene: Scene, key: Key, homes: Homes) -> Iterator[object]:
    yield from _verify_rows(scene)
    yield from _signature_rows(scene, key, homes)
    yield from _push_rows(scene)
    yield from lookups(homes.root / "lookup")
    yield from delivery_rows(homes.root / "delivery")
    yield from contention_rows(homes.root / "contention")
    yield from range_rows(homes.root, homes, scene.environment)
    yield from runner_rows(homes.root / "runner")
    yield from report_rows(homes.root / "reports")


def _move_into(homes: Homes) -> None:
    """Replace the environment by an isolated one, in which Python may write what it compiles."""
    wanted = isolated(TESTER, homes)
    os.environ.clear()
    os.environ.update(wanted, PRE_COMMIT_HOME=f"{homes.home}/pc", PREK_HOME=f"{homes.home}/prek")
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)


def _heading() -> str:
    versions = [
        subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        .stdout.splitlines()[0]
        .strip()
        for program in ("git", "gpg", str(MANAGERS / "pre-commit"), str(MANAGERS / "prek"))
    ]
    python = f"Python {platform.python_version()}"
    cores = f"{os.cpu_count()} cores"
    names = f"{'median of ' + str(ROUNDS) + ' rounds':<46}{'ms':>7}   "
    columns = f"{'floor, ms':<38}{'ratio':>6}  target"
    return f"{', '.join([python, *versions, cores])}\n\n{names}{columns}"


def _verify_rows(scene: Scene) -> list[Row]:
    floor_script = str(Path(__file__).with_name("floor_verify.py").absolute())
    by_hand = (PYTHON, floor_script, "HEAD", NOTES, ".localci/keys/ada.asc")
    bare, hand, verify = (PYTHON, "-c", "pass"), by_hand, (LOCALCI, "verify", "HEAD")
    figures = medians(
        {
            name: Process(arguments, scene.repository, scene.environment)
            for name, arguments in (("bare", bare), ("hand", hand), ("verify", verify))
        },
        ROUNDS,
    )
    return [
        Row("python -c pass", figures["bare"]),
        Row("git cat-file and gpgv by hand", figures["hand"], "python -c pass", figures["bare"]),
        Row(
            "localci verify HEAD", figures["verify"], "by hand", figures["hand"], most_ratio=2.5
        ),
    ]  # fmt: skip


def _signature_rows(scene: Scene, key: Key, homes: Homes) -> list[Row]:
    envelope = attested_envelope(scene.repository)
    certificate = read_certificate(key.certificate.encode("ascii"))
    signature, data = envelope.signatures[0].sig, envelope.signed_bytes
    place = scene.root / "gpgv"
    place.mkdir()

    def check() -> None:
        check_signature(certificate, signature, data, directory=str(place))

    def sign_by_localci() -> None:
        with OwnKey(MyKey(key.fingerprint, "gpg")).open() as signer:
            signer.sign(data)

    check()  # leaves the files that gpgv by hand reads
    gpgv = ("gpgv", "--homedir", ".", "--keyring", "./keyring.gpg", "signature", "data")
    figures = medians(
        {
            "gpgv": Process(gpgv, place, scene.environment),
            "check": Call(check),
            "gpg": Call(lambda: sign(homes.gnupg, key.fingerprint, data)),
            "sign": Call(sign_by_localci),
        },
        ROUNDS,
    )
    return [
        Row("check of one signature", figures["check"], "gpgv", figures["gpgv"], most_ms=50),
        Row(
            "signing: key looked up, signed, checked",
            figures["sign"], "gpg --detach-sign", figures["gpg"], most_ms=100,
        ),
    ]  # fmt: skip


def _push_rows(scene: Scene) -> list[Row]:
    pushes = {
        "no hook": _push(scene, scene.clone("no-hook"), "--no-verify"),
        "native": _push(scene, scene.clone("native")),
        "pre-commit": _push(scene, with_manager(scene, "pre-commit")),
        "prek": _push(scene, with_manager(scene, "prek")),
    }
    figures = medians(pushes, ROUNDS)
    plain = figures["no hook"]
    adds = {name: figure - plain for name, figure in figures.items()}
    return [
        Row("git push --no-verify", plain),
        Row("adds: pre-commit, a hook that does nothing", adds["pre-commit"]),
        Row("adds: prek, a hook that does nothing", adds["prek"]),
        Row(
            "adds: localci's native hook, commit attested",
            adds["native"], "pre-commit adds", adds["pre-commit"], most_ratio=1 / 3,
        ),
    ]  # fmt: skip


def _push(scene: Scene, repository: Path, *options: str) -> Process:
    """Push the attested commit to a branch that is new each time; its note is there already."""
    arguments = ("git", "push", "--quiet", *options, "origin", BRANCH)
    return Process(arguments, repository, scene.environment, lambda: scene.forget_push(repository))


if __name__ == "__main__":
    main()
