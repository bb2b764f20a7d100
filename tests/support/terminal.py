"""localci on a terminal: a pseudo-terminal whose other end types."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

from support.localci_command import Done

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What stands in for a person at a pinentry: the Assuan dialogue of pinentry(1), one passphrase.
_PINENTRY = """\
#!/bin/sh
echo 'OK at your service'
while read -r command rest; do
    case $command in
        GETPIN) {answer} ;;
        BYE) echo OK; exit ;;
    esac
    echo OK
done
"""


def run_on_terminal(
    directory: Path, *arguments: str, typed: str = "", environment: Mapping[str, str] | None = None
) -> Done:
    """Run localci with a terminal as its standard input, on which `typed` has been typed."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, typed.encode())
        done = subprocess.run(
            [sys.executable, "-m", "localci", *arguments],
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(terminal)
        os.close(keyboard)
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def use_pinentry(gnupg_home: Path, passphrase: str | None) -> None:
    """Let the agent of a GnuPG home ask somebody who types a passphrase, or cancels."""
    canceled = "echo 'ERR 83886179 Operation cancelled'; continue"
    answer = canceled if passphrase is None else f"echo 'D {passphrase}'"
    program = gnupg_home / "pinentry"
    program.write_text(_PINENTRY.replace("{answer}", answer), encoding="utf-8")
    program.chmod(0o755)
    agent = f"pinentry-program {program}\n"
    (gnupg_home / "gpg-agent.conf").write_text(agent, encoding="utf-8")


def run_beside_terminal(directory: Path, *arguments: str, typed: str) -> Done:
    """Run localci with a controlling terminal, on which `typed` is typed, and nothing on stdin."""
    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, typed.encode())
        done = subprocess.run(
            [sys.executable, "-c", _ON_ITS_OWN_TERMINAL, str(terminal), *arguments],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            pass_fds=[terminal],
            start_new_session=True,
        )
    finally:
        os.close(terminal)
        os.close(keyboard)
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


_ON_ITS_OWN_TERMINAL = """\
import fcntl, sys, termios
from localci.cli import main
fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0)
sys.exit(main(sys.argv[2:]))
"""
