"""`make soak`: 1,000 whole pushes, twenty at a time, where every fifth connection fails.

Not collected by `make test`, which does fewer (tests/prover/publish/test_faulty_network.py). All
waits are true ones. A push counts as delivered when its note stands on the remote as the command
returns. Where git itself could not connect, its hook was not called and nobody was asked to deliver
anything: then the same push is begun again, as a person does it.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

import pytest

from localci.deliveries import read_deliveries
from localci.git.refs import NOTES_REF
from localci.prover.publish.outbox import read_outbox
from support.attested_clones import lines_of, make_ground
from support.faulty_network import OVER_SSH, failing, faulty_network, listening_at, started_by
from support.http_server import HttpServer
from support.localci_command import run_localci
from support.pushers import at_once
from support.repositories import git, try_git

if TYPE_CHECKING:
    from pathlib import Path

    from support.attested_clones import Attested
    from support.isolation import Homes
    from support.keys import Key
    from support.sshd import SshServer

AT_ONCE = 20
EACH = {"http": 50, "ssh": 5}
LEAST = 0.99


class Outcome(Enum):
    DELIVERED = auto()
    KEPT_BACK = auto()


@pytest.mark.parametrize("way", EACH)
def test_more_than_99_of_100_results_are_there_when_the_push_returns(
    tmp_path: Path, web: HttpServer, sshd: SshServer, ada: Key, homes: Homes, way: str
) -> None:
    ground = make_ground(tmp_path, ada, homes)
    server = listening_at(web.port) if way == "http" else started_by(sshd.serve)
    weather = failing(0.2) if way == "http" else failing(0.2, OVER_SSH, (0, 3000))
    attested: list[Attested] = []

    def push(work: tuple[Path, int]) -> Outcome:
        clone, number = work
        attested.append(ground.attest(clone, f"{clone.name} {number}"))
        return push_until_asked(ground.remote, attested[-1], by_hook=number % 2 == 0)

    with faulty_network(server, weather, links=AT_ONCE) as network:
        clones = [tmp_path / f"clone-{n}" for n in range(AT_ONCE)]
        for clone, link in zip(clones, network.links, strict=True):
            if way == "http":
                ground.clone(clone, HttpServer(link.port).url("app.git"))
            else:
                ground.clone(clone, sshd.url(ground.remote))
                come_by = sshd.environment_through(link.port)["GIT_SSH_COMMAND"]
                git(clone, "config", "core.sshCommand", come_by)
        met = at_once([[(clone, n) for n in range(EACH[way])] for clone in clones], push)
        waiting = [clone for clone in clones if read_outbox(str(clone))]
        synced = [run_localci(clone, "sync").code for clone in waiting]

    connections = network.met.total()
    assert network.failed > 0.17 * connections, network.met
    assert met[Outcome.DELIVERED] > LEAST * met.total(), met
    assert ground.branches_without_note() == []
    assert synced == [0] * len(waiting)
    found = lines_of(ground.remote)
    assert set(found) == frozenset().union(*(one.places for one in attested))
    assert len(found) == len(set(found))


def push_until_asked(remote: Path, attested: Attested, *, by_hook: bool) -> Outcome:
    """Push until localci was asked to deliver; return what had come of it when it returned."""
    words = ("push", "--quiet", "origin", f"HEAD:refs/heads/{attested.clone.name}")
    journal = str(attested.clone / ".git")
    before = len(read_deliveries(journal))
    while len(read_deliveries(journal)) == before:
        if by_hook:
            try_git(attested.clone, *words)
        else:
            run_localci(attested.clone, *words)
    there = try_git(remote, "notes", f"--ref={NOTES_REF}", "list", attested.commit)
    return Outcome.KEPT_BACK if there.returncode else Outcome.DELIVERED
