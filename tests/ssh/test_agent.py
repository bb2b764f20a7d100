from __future__ import annotations

from typing import TYPE_CHECKING

from localci.ssh.agent import agent_holds
from support.fake_programs import path_without
from support.ssh_keys import SshKeys, ssh_agent

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_an_agent_says_which_keys_it_holds(
    ssh_keys: SshKeys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, mallory = ssh_keys["ada"].key, ssh_keys["mallory"].key
    assert not agent_holds(ada)
    with ssh_agent(tmp_path) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
        assert not agent_holds(ada)
    assert not agent_holds(ada)
    second = tmp_path / "second"
    second.mkdir()
    with ssh_agent(second, ssh_keys["ada"], ssh_keys["rsa"]) as agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent["SSH_AUTH_SOCK"])
        assert agent_holds(ada)
        assert agent_holds(ssh_keys["rsa"].key)
        assert not agent_holds(mallory)
        path_without(monkeypatch, tmp_path / "bin", "ssh-add")
        assert not agent_holds(ada)
