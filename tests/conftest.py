"""What every test stands on. The parts themselves are in `support/`."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from support.attested import attach_good_line, make_feature
from support.hook_managers import hook_manager
from support.http_server import http_server
from support.isolation import Homes, isolated
from support.keys import Key, Keys
from support.repositories import git
from support.small_disk import small_disk
from support.ssh_keys import SshKeys
from support.sshd import make_sshd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.hook_managers import HookManager
    from support.http_server import HttpServer
    from support.project import Project
    from support.small_disk import SmallDisk
    from support.sshd import SshServer


# A runner that was started in the background may ignore these, and every child inherits that.
for _ignored in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(_ignored) is signal.SIG_IGN:
        signal.signal(_ignored, signal.SIG_DFL)


# Nothing that depends on how busy the machine is decides a test.
settings.register_profile("localci", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("localci")


@pytest.fixture(autouse=True)
def homes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Homes]:
    """Homes of the test's own, in its environment; nothing of the tester's is seen."""
    made = Homes(Path(tempfile.mkdtemp(prefix="lci-", dir="/tmp")))
    made.create()
    wanted = isolated(os.environ, made)
    for name in os.environ.keys() - wanted.keys():
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)
    yield made
    made.remove()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that all workers of this session share."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"


@pytest.fixture(scope="session")
def keys(shared: Path) -> Keys:
    """The session's keys by name: `keys["mallory"]`; made when first asked for."""
    return Keys(shared / "keys")


@pytest.fixture(scope="session")
def ssh_keys(shared: Path) -> SshKeys:
    """The session's SSH keys by name: `ssh_keys["ada"]`; made when first asked for."""
    return SshKeys(shared / "ssh-keys")


@pytest.fixture
def ada(keys: Keys, homes: Homes) -> Key:
    """Ada's key, in the test's GnuPG home and in `user.signingkey`."""
    key = keys["ada"]
    key.add_to(homes.gnupg)
    git(homes.home, "config", "--global", "user.signingkey", key.fingerprint)
    return key


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    """A project with a commit of its own on a feature branch; nothing attested yet."""
    return make_feature(tmp_path, ada)


@pytest.fixture
def good(project: Project, ada: Key, homes: Homes) -> bytes:
    """Ada's line for HEAD, which hangs on the commit and on its tree."""
    return attach_good_line(project, ada, homes)


@pytest.fixture
def sshd(tmp_path: Path) -> SshServer:
    """A server over ssh; `GIT_SSH_COMMAND` has to be set from its `environment`."""
    return make_sshd(tmp_path / "sshd")


@pytest.fixture
def impatient_sshd(tmp_path: Path) -> SshServer:
    """A server over ssh that drops a session in which nothing goes over the line for a second."""
    return make_sshd(tmp_path / "impatient-sshd", idle_seconds=1)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[HttpServer]:
    """A server over http, open to all, of the bare repositories in `tmp_path / "srv"`."""
    with http_server(tmp_path / "srv", tmp_path / "lighttpd") as server:
        yield server


@pytest.fixture
def guarded_web(tmp_path: Path) -> Iterator[HttpServer]:
    """The same behind a password."""
    account = "ada:s3cret"
    with http_server(tmp_path / "srv", tmp_path / "lighttpd-guarded", account=account) as server:
        yield server


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of 2 MiB at `tmp_path / "disk"`."""
    with small_disk(tmp_path / "disk") as mounted:
        yield mounted


@pytest.fixture
def pre_commit(shared: Path) -> HookManager:
    """pre-commit with localci's environment built."""
    return hook_manager("pre-commit", shared)


@pytest.fixture
def prek(shared: Path) -> HookManager:
    """prek with localci's environment built."""
    return hook_manager("prek", shared)
