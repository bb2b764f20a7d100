from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from support.repositories import (
    git,
    make_bare,
    make_repository,
    ref,
    try_git,
    wait_for_file,
    write_hook,
)

if TYPE_CHECKING:
    from pathlib import Path

    from support.sshd import SshServer


def test_a_push_over_ssh_arrives(sshd: SshServer, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "srv" / "app.git")
    repository = make_repository(tmp_path / "app", {"a": "1"})
    git(
        repository, "push", "--quiet", sshd.url(bare), "main",
        environment={**os.environ, **sshd.environment},
    )  # fmt: skip
    assert ref(bare, "refs/heads/main") == git(repository, "rev-parse", "main")


def test_the_dropped_idle_session_ends_the_push(impatient_sshd: SshServer, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "srv" / "app.git")
    repository = make_repository(tmp_path / "app", {"a": "1"})
    git(repository, "remote", "add", "origin", impatient_sshd.url(bare))
    # The hook is done when the connection has gone, not sooner and not later.
    write_hook(repository, "pre-push", wait_for_file(impatient_sshd.ended))
    pushed = try_git(
        repository, "push", "origin", "main",
        environment={**os.environ, **impatient_sshd.environment},
    )  # fmt: skip
    assert "seconds of inactivity" in impatient_sshd.log.read_text("utf-8")
    # By the signal it dies in silence; where it reads before it writes it says what happened.
    by_signal = (pushed.returncode, pushed.stderr) == (-signal.SIGPIPE, "")
    assert by_signal or (pushed.returncode == 128 and "access rights" in pushed.stderr)
    assert pushed.stdout == ""
    assert ref(bare, "refs/heads/main") == ""
