"""`localci demo`: the whole loop in a scratch directory, with two forgeries refused at the end.

Real git, a real bare remote, a real throw-away key; your own repositories, keys and settings are
not touched.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import say, tell
from localci.errors import NO_VERDICT, PASSED, LocalciError
from localci.formats.base64_text import decode_base64, encode_base64
from localci.formats.strict_json import dumps_canonical, loads_object
from localci.git.command import LOCAL_VARIABLES
from localci.own_command import own_command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_FILES: Final = {
    "shop.py": "def price(net, tax=19):\n    return net * (100 + tax) // 100\n",
    "test_shop.py": """\
import unittest

from shop import price


class Prices(unittest.TestCase):
    def test_tax_is_added(self):
        self.assertEqual(price(100), 119)

    def test_a_gift_is_free(self):
        self.assertEqual(price(0), 0)
""",
    "run_tests.py": '''\
"""Run the tests and write a JUnit report, with the standard library only."""
import sys
import unittest

tests = unittest.defaultTestLoader.loadTestsFromName("test_shop")
done = unittest.TextTestRunner(stream=sys.stdout).run(tests)
bad = len(done.failures) + len(done.errors)
cases = "<testcase/>" * (done.testsRun - bad) + "<testcase><failure/></testcase>" * bad
with open(sys.argv[1], "w") as report:
    report.write(f"<testsuite>{cases}</testsuite>")
sys.exit(bad > 0)
''',
    "localci.toml": """\
version = 1

[checks.compiles]
run = "{python} -m py_compile shop.py"

[checks.tests]
run = "{python} run_tests.py {{reports}}/junit.xml"
report = "junit:junit.xml"
""",
    ".localci/policy.toml": """\
version = 1
repository = "example.org/shop"
max_age = "30d"

[require.compiles]

[require.tests]
max_failed = 0
min_total = 2
""",
}

_GIT_CONFIG: Final = "[user]\n\tname = Ada\n\temail = ada@example.org\n"


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = "Nothing outside of the scratch directory is read or changed."
    parser.add_argument("--keep", action="store_true", help="keep the scratch directory")


def execute(arguments: argparse.Namespace) -> int:
    """Play the loop; return 0 only if every step ended as it should."""
    scratch = Path(tempfile.mkdtemp(prefix="localci-demo-"))
    stage = _Stage(scratch)
    try:
        stage.play()
    except _NotAsItShouldError as surprise:
        tell(f"\nlocalci: the demo stopped: {surprise}")
        return NO_VERDICT
    finally:
        stage.end_agent()
        if arguments.keep:
            say(f"\nkept: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    say("\nThat is all: a push that was checked, and two lies that were not believed.")
    return PASSED


class _NotAsItShouldError(Exception):
    """A command of the play did not end as it should; its output has been shown."""


class _Stage:
    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._app = scratch / "shop"
        self._home = scratch / "home"

    def play(self) -> None:
        self._prepare()
        say("\n== A change is pushed: the hook runs the checks and signs what they found ==\n")
        self._write("shop.py", _FILES["shop.py"] + "\n\ndef discount(net):\n    return net // 2\n")
        self._shell("git switch --quiet -c discount")
        self._shell("git commit --quiet --all -m 'Add a discount'")
        self._shell("git push --quiet -u origin discount")
        say("\n== Anybody can believe it, without running anything ==\n")
        self._shell("localci verify --remote origin", "accepted")
        say("\n== Somebody breaks the code and forges the figures of the note ==\n")
        good = self._read("git rev-parse HEAD").strip()
        self._write("shop.py", "def price(net, tax=19):\n    return net\n")
        self._shell("git switch --quiet -c broken")
        self._shell("git commit --quiet --all -m 'Simplify'")
        self._shell("git push --quiet origin broken", "tests", code=1)
        self._forge(good)
        self._shell("localci verify", "signature-invalid", code=1)
        say("\n== So he copies the good commit's own note onto the broken commit ==\n")
        self._shell("git update-ref -d refs/notes/ci")
        self._shell("git fetch --quiet origin refs/notes/ci:refs/notes/ci")
        self._shell(f"git notes --ref=ci copy {good[:10]} HEAD")
        self._shell("localci verify", "subject-mismatch", code=1)

    def end_agent(self) -> None:
        with contextlib.suppress(OSError):
            self._run(["gpgconf", "--kill", "all"])

    def _prepare(self) -> None:
        (self._home / ".gnupg").mkdir(parents=True)
        (self._home / ".gnupg").chmod(0o700)
        (self._home / ".gitconfig").write_text(_GIT_CONFIG, "utf-8")
        say("== A project, a remote, a key, a policy that requires two checks ==\n")
        self._shell("git init --quiet --bare --initial-branch=main shop.git", at=self._scratch)
        self._shell("git init --quiet --initial-branch=main shop", at=self._scratch)
        for name, content in _FILES.items():
            filled = (
                content.format(python=shlex.quote(sys.executable))
                if name == "localci.toml"
                else content
            )
            self._write(name, filled)
        self._shell("git remote add origin ../shop.git")
        self._shell("localci key generate --no-passphrase")
        self._shell("localci trust add")
        self._shell("localci install")
        self._shell("git add .")
        self._shell("git commit --quiet -m 'A shop, its checks and its policy'")
        self._shell("git push --quiet -u origin main")
        self._shell("git remote set-head origin main")

    def _forge(self, good: str) -> None:
        """Put a note on HEAD that claims the good commit's result, figures and all, for it."""
        say("$ # (the note's payload is edited: HEAD's ids, and 200 tests instead of 2)")
        line = self._read(f"git notes --ref=ci show {good}").partition("\n")[0]
        envelope = loads_object(line.encode(), "the note")
        payload = decode_base64(envelope["payload"], "the payload").decode()
        payload = payload.replace('"total":2', '"total":200')
        for revision in ("", "^{tree}"):
            old = self._read(f"git rev-parse {good}{revision}").strip()
            new = self._read(f"git rev-parse HEAD{revision}").strip()
            payload = payload.replace(old, new)
        envelope["payload"] = encode_base64(payload.encode())
        self._write("../forged", dumps_canonical(envelope).decode() + "\n")
        self._shell("git notes --ref=ci add -F ../forged HEAD")

    def _write(self, name: str, content: str) -> None:
        path = self._app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")

    def _shell(
        self, line: str, expected: str = "", *, code: int = 0, at: Path | None = None
    ) -> None:
        """Show a command and what it prints. Raises _NotAsItShouldError."""
        say(f"$ {line}")
        done = self._run(shlex.split(line), at)
        for printed in (done.stdout + done.stderr).splitlines():
            say(f"    {printed}")
        if done.returncode != code:
            raise _NotAsItShouldError(f"`{line}` ended with {done.returncode}, not {code}")
        if expected not in done.stdout + done.stderr:
            raise _NotAsItShouldError(f"`{line}` does not say {expected}")

    def _read(self, line: str) -> str:
        done = self._run(shlex.split(line))
        if done.returncode != 0:
            raise LocalciError(f"`{line}`: {done.stderr.strip()}")
        return done.stdout

    def _run(
        self, words: Sequence[str], at: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        # The very localci that runs the demo, whether it is on PATH or not.
        command = own_command(words[1:]) if words[0] == "localci" else list(words)
        return subprocess.run(
            command,
            cwd=at or self._app,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in LOCAL_VARIABLES}
        for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "CI_SIGNING_KEY"):
            kept.pop(variable, None)
        return {
            **kept,
            "HOME": str(self._home),
            "GNUPGHOME": str(self._home / ".gnupg"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self._home / ".gitconfig"),
        }
