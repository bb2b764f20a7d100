from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.prover.isolation.hidden import Surroundings, isolation_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from localci.prover.isolation.isolation import Isolation


def find(
    home: Path,
    *there: str,
    environ: Mapping[str, str] | None = None,
    needed: Sequence[str] = (),
    visible: Sequence[str] = (),
) -> Isolation:
    """Return the isolation of a user with a home in which these files and directories (`/`) are."""
    home.mkdir(exist_ok=True)
    for name in there:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.touch()
    around = Surroundings(
        uid=12345,
        homes=(str(home),),
        environ=environ or {},
        own=(),
        needed=[str(home / name) for name in needed],
        secret=(),
        visible=[str(home / name) for name in visible],
    )
    return isolation_for(around)


def below(home: Path, paths: Sequence[str]) -> set[str]:
    return {os.path.relpath(path, home) for path in paths if path.startswith(str(home))}


def test_what_exists_of_keys_and_tokens_is_hidden(tmp_path: Path) -> None:
    isolation = find(tmp_path, ".gnupg/", ".ssh/id", ".netrc", ".config/gh/hosts.yml", ".other")
    assert below(tmp_path, isolation.hidden) == {".gnupg", ".ssh", ".netrc", ".config/gh"}


def test_what_is_read_or_run_later_is_read_only(tmp_path: Path) -> None:
    isolation = find(tmp_path, ".bashrc", ".gitconfig", ".config/git/config", "bin/x", ".vimrc")
    assert below(tmp_path, isolation.read_only) == {".bashrc", ".gitconfig", ".config/git", "bin"}


def test_where_something_could_be_made_that_is_read_later_is_sealed(tmp_path: Path) -> None:
    isolation = find(tmp_path, ".config/x", ".local/share/x", "src/x")
    assert below(tmp_path, isolation.sealed) == {".", ".config", ".local", ".local/share"}


def test_programs_on_the_path_are_read_only_and_missing_places_of_it_sealed(tmp_path: Path) -> None:
    environ = {"PATH": f"{tmp_path}/tools/bin:{tmp_path}/other/bin:relative"}
    isolation = find(tmp_path, "tools/bin/git", "other/", environ=environ)
    assert "tools/bin" in below(tmp_path, isolation.read_only)
    assert "other" in below(tmp_path, isolation.sealed)


def test_the_homes_of_the_environment_count(tmp_path: Path) -> None:
    environ = {
        "GNUPGHOME": f"{tmp_path}/keys",
        "XDG_CONFIG_HOME": f"{tmp_path}/settings",
        "XDG_DATA_HOME": f"{tmp_path}/data",
        "XDG_RUNTIME_DIR": f"{tmp_path}/runtime",
        "GIT_CONFIG_GLOBAL": f"{tmp_path}/git",
    }
    there = ("keys/", "settings/gh/", "settings/fish/", "data/keyrings/", "runtime/", "git")
    isolation = find(tmp_path, *there, environ=environ)
    hidden = below(tmp_path, isolation.hidden)
    assert hidden == {"keys", "settings/gh", "data/keyrings", "runtime"}
    assert {"settings/fish", "git"} <= below(tmp_path, isolation.read_only)


def test_an_agents_own_directory_is_hidden_whole_and_a_shared_one_is_not(tmp_path: Path) -> None:
    own = find(tmp_path, "agent/socket", environ={"SSH_AUTH_SOCK": f"{tmp_path}/agent/socket"})
    assert below(tmp_path, own.hidden) == {"agent/socket"}
    (tmp_path / "agent").chmod(0o700)
    own = find(tmp_path, environ={"SSH_AUTH_SOCK": f"{tmp_path}/agent/socket"})
    assert below(tmp_path, own.hidden) == {"agent"}
    tmp_path.chmod(0o700)
    shared = find(tmp_path, "socket", environ={"SSH_AUTH_SOCK": f"{tmp_path}/socket"})
    assert below(tmp_path, shared.hidden) == {"socket"}


def test_what_a_run_works_in_is_seen_also_below_what_is_hidden(tmp_path: Path) -> None:
    there = (".ssh/work/x", "repository/.git/x")
    isolation = find(tmp_path, *there, needed=["repository"], visible=[".ssh/work", "repository"])
    assert below(tmp_path, isolation.writable) == {".ssh/work", "repository"}
    assert "repository" not in below(tmp_path, isolation.read_only)


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "home/.gnupg").symlink_to(tmp_path / "dotfiles")
    isolation = find(tmp_path / "home")
    assert str(tmp_path / "dotfiles") in isolation.hidden


def test_directories_above_that_could_be_moved_away_are_pinned(tmp_path: Path) -> None:
    there = ("src/k/p/.git/x", "bin/x", ".docker/config.json", ".ssh/x")
    isolation = find(tmp_path, *there, needed=["src/k/p"], visible=[".ssh/a/b"])
    # What is directly in the home directory is mounted, since that is sealed.
    assert below(tmp_path, isolation.pinned) == {"src/k"}


def test_the_directories_of_links_on_the_way_are_sealed(tmp_path: Path) -> None:
    there = ("a/b/v1/bin/x", "c/x")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/tools").symlink_to("../a/b/current")
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/current").symlink_to("v1")
    isolation = find(tmp_path, *there, environ={"PATH": f"{tmp_path}/c/tools/bin"})
    assert {"c", "a/b"} <= below(tmp_path, isolation.sealed)
    assert "a/b/v1/bin" in below(tmp_path, isolation.read_only)


def test_where_a_link_leads_that_leads_nowhere_yet_is_sealed(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.zshrc").symlink_to("../dot/zshrc")
    (tmp_path / "dot").mkdir()
    assert str(tmp_path / "dot") in find(tmp_path / "home").sealed


def test_a_link_that_leads_to_itself_is_followed_no_further(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/loop").symlink_to("loop")
    isolation = find(tmp_path, environ={"PATH": f"{tmp_path}/tools/loop/bin"})
    assert "tools" in below(tmp_path, isolation.sealed)


def test_the_temporary_directory_of_the_user_is_sealed(tmp_path: Path) -> None:
    environ = {"TMPDIR": f"{tmp_path}/scratch"}
    there = ("scratch/localci-other/x", "scratch/localci-mine/x", "scratch/x")
    isolation = find(tmp_path, *there, environ=environ, visible=["scratch/localci-mine"])
    assert "scratch" in below(tmp_path, isolation.sealed)
    assert "scratch" in below(tmp_path, isolation.shared)
    assert below(tmp_path, isolation.hidden) == {"scratch/localci-other"}


def test_a_rule_that_says_nothing_more_is_left_out(tmp_path: Path) -> None:
    isolation = find(tmp_path, ".ssh/keys/", "bin/x", environ={"PATH": f"{tmp_path}/bin"})
    assert below(tmp_path, isolation.read_only) == {"bin"}
