"""A network in which every fifth connection fails. `make soak` does the same with 1,000 pushes.

What counts as delivered is what stands on the remote when the delivery returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.refs import OUTBOX_REF
from localci.prover.publish.persistence import IN_PASSING
from support.attested_clones import Attested, lines_of, make_ground
from support.faulty_network import (
    OVER_SSH,
    Fate,
    Weather,
    failing,
    faulty_network,
    listening_at,
    started_by,
)
from support.http_server import HttpServer
from support.localci_command import run_localci
from support.note_trees import read_notes, write_notes
from support.pushers import Pusher, at_once, make_pusher, missing_lines, repeated_lines
from support.repositories import git, make_bare, try_git

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key
    from support.sshd import SshServer

AT_ONCE = 20
PROJECTS = 5


def through(port: int, name: str = "app.git") -> str:
    """Return the address of a repository on the other side of a faulty network."""
    return HttpServer(port).url(name)


# An operation gives up when four of its connections fail, by chance one in 600 (0.2 ** 4). With
# this seed that happens to nobody; `make soak` leaves it to chance.
def test_more_than_99_of_100_deliveries_twenty_at_a_time_arrive(
    tmp_path: Path, web: HttpServer
) -> None:
    remotes = [make_bare(tmp_path / "srv" / f"app-{n}.git") for n in range(PROJECTS)]
    with faulty_network(listening_at(web.port), failing(0.2), seed=1, links=AT_ONCE) as network:
        urls = [
            through(link.port, remotes[n % PROJECTS].name) for n, link in enumerate(network.links)
        ]
        pushers = [make_pusher(tmp_path, n, urls[n % AT_ONCE]) for n in range(100)]

        delivered = at_once([pushers[n::AT_ONCE] for n in range(AT_ONCE)], Pusher.push)

    assert delivered[True] > 99, [(one.failures, one.waits) for one in pushers if one.failures]
    assert network.failed > 0.15 * network.met.total()
    for number, remote in enumerate(remotes):
        assert missing_lines(remote, pushers[number::PROJECTS]) == set()
        assert repeated_lines(remote) == {}
        assert git(remote, "fsck", "--no-dangling") == ""


def test_what_a_bad_network_kept_back_is_there_after_one_sync(
    tmp_path: Path, web: HttpServer
) -> None:
    remote = make_bare(tmp_path / "srv" / "app.git")
    with faulty_network(listening_at(web.port), failing(0.7), links=8) as network:
        pushers = [make_pusher(tmp_path, n, through(network.links[n].port)) for n in range(8)]
        delivered = at_once([[one] for one in pushers], Pusher.push)
        assert delivered[False] > 0
        network.clear_up()

        codes = [run_localci(one.clone, "sync").code for one in pushers]

    assert codes == [0] * len(pushers)
    assert missing_lines(remote, pushers) == set()
    assert repeated_lines(remote) == {}
    assert not any(one.waiting for one in pushers)


@pytest.mark.parametrize("what", ["requests", "answers"])
@pytest.mark.parametrize("fate", [Fate.RESET, Fate.TRUNCATE])
def test_wherever_a_connection_is_cut_it_is_tried_again(
    tmp_path: Path, web: HttpServer, fate: Fate, what: str
) -> None:
    remotes = [make_bare(tmp_path / "srv" / f"app-{n}.git") for n in range(20)]
    with faulty_network(listening_at(web.port), Weather(), links=len(remotes)) as network:
        pushers = []
        for number, link in enumerate(network.links):
            write_notes(remotes[number], {"e" * 40: b"a note\n"})
            link.weather = Weather({fate: 1.0}, bytes_let_through=(60 * number,) * 2, cuts=what)
            url = through(link.port, remotes[number].name)
            pushers.append(make_pusher(tmp_path, number, url, IN_PASSING))
        at_once([[one] for one in pushers], Pusher.push)

    early = [one for one in pushers if one.failures and one.waits[-3:] != [2, 4, 8]]
    assert not early, [(one.failures, one.waits) for one in early]
    assert any(one.failures for one in pushers)
    assert not any(repeated_lines(remote) for remote in remotes)


def test_deliveries_over_ssh_arrive(tmp_path: Path, sshd: SshServer) -> None:
    remote = make_bare(tmp_path / "app.git")
    weather = failing(0.2, OVER_SSH, bytes_let_through=(0, 3000))
    with faulty_network(started_by(sshd.serve), weather, links=3) as network:
        pushers = [make_pusher(tmp_path, n, sshd.url(remote)) for n in range(6)]
        for number, one in enumerate(pushers):
            way = sshd.environment_through(network.links[number % 3].port)["GIT_SSH_COMMAND"]
            git(one.clone, "config", "core.sshCommand", way)

        delivered = at_once([pushers[n::3] for n in range(3)], Pusher.push)

    assert network.failed > 0
    assert delivered[False] == 0, [one.failures for one in pushers]
    assert missing_lines(remote, pushers) == set()
    assert repeated_lines(remote) == {}


def test_no_branch_comes_without_its_note_and_one_sync_brings_all_notes(
    tmp_path: Path, web: HttpServer, ada: Key, homes: Homes
) -> None:
    ground = make_ground(tmp_path, ada, homes)
    pushes: list[Attested] = []

    def push(one: Attested) -> bool:
        number = pushes.index(one)
        words = ("push", "--quiet", "origin", f"HEAD:refs/heads/branch-{number}")
        if number % 2:
            return run_localci(one.clone, *words).code == 0
        return try_git(one.clone, *words).returncode == 0

    with faulty_network(listening_at(web.port), failing(0.2), seed=2, links=AT_ONCE) as network:
        for number, link in enumerate(network.links):
            clone = ground.clone(tmp_path / f"clone-{number}", through(link.port))
            pushes.append(ground.attest(clone, f"{number}"))
        pushed = at_once([[one] for one in pushes], push)
        network.clear_up()
        codes = [run_localci(one.clone, "sync").code for one in pushes]

    assert pushed[True] > 0
    assert ground.branches_without_note() == []
    assert codes == [0] * AT_ONCE
    found = lines_of(ground.remote)
    assert set(found) == frozenset().union(*(one.places for one in pushes))
    assert len(found) == len(set(found))
    assert not any(read_notes(one.clone, OUTBOX_REF) for one in pushes)
