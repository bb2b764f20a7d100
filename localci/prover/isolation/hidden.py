"""Which paths a check must not see, and which it must not write: what could sign, or run later.

Whatever signs for the developer is hidden: keys, the sockets of agents, and the sockets by which a
process outside could be had (the session's bus, tmux, container engines). What localci, git, gpg or
a shell reads or runs *after* the checks is read-only, or they would do the signing for a check.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.prover.isolation.isolation import Isolation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_KEYS: Final = (".gnupg", ".ssh")
_SECRETS: Final = (
    ".netrc",
    ".git-credentials",
    ".docker/config.json",
    ".aws",
    ".azure",
    ".kube",
    ".pypirc",
    ".password-store",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".gem/credentials",
    ".terraform.d/credentials.tfrc.json",
    ".vault-token",
    ".Xauthority",
    ".ICEauthority",
    ".1password",
    ".bitwarden-ssh-agent.sock",
    ".colima",
    ".docker/desktop",
    ".docker/run",
    ".emacs.d/server",
)
_SECRETS_IN_CONFIG: Final = (
    "git/credentials",
    "gh",
    "glab-cli",
    "hub",
    "gcloud",
    "op",
    "containers/auth.json",
)
_SECRETS_IN_DATA: Final = ("keyrings",)
_READ_LATER: Final = (
    ".gitconfig",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".pam_environment",
    ".xprofile",
    ".xsessionrc",
    ".tmux.conf",
    ".local/bin",
    "bin",
)
_READ_LATER_IN_CONFIG: Final = ("git", "systemd", "autostart", "environment.d", "fish", "tmux")
_SOCKETS_OF_THE_MACHINE: Final = (
    "/dev/log",
    "/run/containerd",
    "/run/credentials",
    "/run/crio",
    "/run/dbus",
    "/run/docker",
    "/run/docker.sock",
    "/run/gnupg",
    "/run/incus",
    "/run/libvirt",
    "/run/lxd",
    "/run/lxd.socket",
    "/run/pcscd",
    "/run/podman",
    "/run/screen",
    "/run/secrets",
    "/run/snapd.socket",
    "/run/snapd-snap.socket",
    "/run/systemd/private",
    "/var/lib/incus/unix.socket",
    "/var/lib/lxd/unix.socket",
    "/var/snap/lxd/common/lxd/unix.socket",
)
_OF_ROOT: Final = (
    "/bin",
    "/boot",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/sbin",
    "/usr",
    "/var/spool",
)
"""What the machine itself runs, or other users do; nobody but root could write there."""
_ENGINES: Final = ("DOCKER_HOST", "CONTAINER_HOST")
"""Variables that name the socket of a container engine, which starts anything for anybody."""
_TEMPORARY: Final = "/tmp"  # noqa: S108 - looked at only
_AGENT_SOCKETS: Final = (
    "S.gpg-agent",
    "S.gpg-agent.browser",
    "S.gpg-agent.extra",
    "S.gpg-agent.ssh",
    "S.keyboxd",
    "S.scdaemon",
)
_MOST_OF_A_REDIRECTION: Final = 512


class Surroundings(NamedTuple):
    """Who runs the checks, and where. `homes` are those that HOME and the user database name.

    `own` are localci's cache and state; `needed` is what outlives the run and is not to be
    written: the repository, the program itself. `visible` is the run's own.
    """

    uid: int
    homes: Sequence[str]
    environ: Mapping[str, str]
    own: Sequence[str]
    needed: Sequence[str]
    visible: Sequence[str]


def isolation_for(around: Surroundings) -> Isolation:
    """Return what a check does not see and may not write, of what is on this disk now."""
    visible = _resolved(around.visible)
    used = visible | _resolved([*around.homes, *around.needed])
    hidden = _resolved([*_secrets(around), *_sockets(around, used)]) - visible
    later = list(_read_later(around))
    read_only = _resolved(later) - visible - hidden
    sealed = _sealed(around, later, read_only) - visible - hidden - read_only
    rules = {
        **dict.fromkeys(sealed, "sealed"),
        **dict.fromkeys(read_only, "read_only"),
        **dict.fromkeys(hidden, "hidden"),
        **dict.fromkeys(visible, "writable"),
    }
    return Isolation(
        **{
            rule: tuple(path for path in sorted(rules) if _decides(path, rule, rules))
            for rule in ("hidden", "read_only", "writable", "sealed")
        }
    )


def _decides(path: str, rule: str, rules: Mapping[str, str]) -> bool:
    """Tell whether a path's rule says more than the one above it does: each costs a mount."""
    if rules[path] != rule:
        return False
    above = os.path.dirname(path)
    while above not in rules and above != "/":
        above = os.path.dirname(above)
    return rule == "sealed" or rules.get(above) != rule


def _secrets(around: Surroundings) -> Iterator[str]:
    """Name the places of keys, tokens and localci's own state, whether they exist or not."""
    yield from around.own
    yield from filter(None, [around.environ.get("GNUPGHOME", "")])
    for home in around.homes:
        yield from _below(home, [*_KEYS, *_SECRETS])
    for config in _xdg(around, "XDG_CONFIG_HOME", ".config"):
        yield from _below(config, _SECRETS_IN_CONFIG)
    for data in _xdg(around, "XDG_DATA_HOME", ".local/share"):
        yield from _below(data, _SECRETS_IN_DATA)
    if not around.uid:
        for home in _names("/home"):
            yield from _below(home, _KEYS)


def _sockets(around: Surroundings, used: Iterable[str]) -> Iterator[str]:
    """Name the sockets of agents, buses and engines, or the directories that they stand in."""
    yield from _SOCKETS_OF_THE_MACHINE
    yield f"/run/user/{around.uid}" if around.uid else "/run/user"
    yield from filter(None, [around.environ.get("XDG_RUNTIME_DIR", "")])
    named = [
        around.environ.get("SSH_AUTH_SOCK", ""),
        around.environ.get("GPG_AGENT_INFO", "").partition(":")[0],
        *(around.environ.get(name, "").removeprefix("unix://") for name in _ENGINES),
        *_redirected(around),
    ]
    for socket in filter(os.path.isabs, named):
        directory = os.path.dirname(socket)
        yield socket
        # Its agent may be started anew, under another name.
        if _is_private(directory) and not _holds_any(directory, used):
            yield directory
    for path in _names(_TEMPORARY):
        if not _holds_any(path, used) and _is_or_holds_socket(path):
            yield path


def _redirected(around: Surroundings) -> Iterator[str]:
    """Name the sockets to which files of a GnuPG home point (libassuan's `%Assuan%` files)."""
    homes = [around.environ.get("GNUPGHOME", ""), *_below_each(around.homes, (".gnupg",))]
    for path in _below_each(filter(None, homes), _AGENT_SOCKETS):
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                continue
            with open(path, "rb") as file:
                lines = file.read(_MOST_OF_A_REDIRECTION).splitlines()
        except OSError:
            continue
        if lines[:1] == [b"%Assuan%"]:
            yield from (os.fsdecode(line[7:]) for line in lines if line.startswith(b"socket="))


def _read_later(around: Surroundings) -> Iterator[str]:
    """Name what is run or read outside after a check: programs, start-up files, the repository."""
    yield from around.needed
    yield from _programs(around)
    for home in around.homes:
        yield from _below(home, _READ_LATER)
    for config in _xdg(around, "XDG_CONFIG_HOME", ".config"):
        yield from _below(config, _READ_LATER_IN_CONFIG)
    git = around.environ.get("GIT_CONFIG_GLOBAL", "")
    yield from filter(os.path.isabs, [git])
    if not around.uid:
        yield from _OF_ROOT


def _programs(around: Surroundings) -> Iterator[str]:
    yield from filter(os.path.isabs, around.environ.get("PATH", "").split(os.pathsep))


def _sealed(around: Surroundings, later: Iterable[str], read_only: Iterable[str]) -> set[str]:
    """Return the directories in which a check could make what is missing, and is read later.

    For instance the home directory, where no `.gitconfig` is yet. New things can be made in them,
    and go with the command.
    """
    guarded = [*_below_each(around.homes, _KEYS), *later]
    missing = [path for path in guarded if not os.path.lexists(path)]
    above = {os.path.realpath(_existing_above(path)) for path in missing}
    ours = {path for path in above if path != "/" and os.access(path, os.W_OK)}
    sealed = {path for path in ours if not any(_lies_in(path, one) for one in read_only)}
    # Agents that are started while a check runs put their sockets there.
    return sealed | {_TEMPORARY}


def _existing_above(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _resolved(paths: Iterable[str]) -> set[str]:
    """Return the real paths of those that exist; never the root of the file system."""
    real = {os.path.realpath(path) for path in paths if os.path.isabs(path)}
    return {path for path in real if os.path.exists(path)} - {"/"}


def _xdg(around: Surroundings, variable: str, default: str) -> list[str]:
    given = around.environ.get(variable, "")
    return [*_below_each(around.homes, (default,)), *([given] if os.path.isabs(given) else [])]


def _below(directory: str, names: Iterable[str]) -> Iterator[str]:
    return (f"{directory}/{name}" for name in names)


def _below_each(directories: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    return (path for directory in directories for path in _below(directory, names))


def _names(directory: str) -> list[str]:
    """Return the paths of what is in a directory; nothing where it cannot be listed."""
    try:
        return list(_below(directory, os.listdir(directory)))
    except OSError:
        return []


def _lies_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")


def _holds_any(directory: str, real_paths: Iterable[str]) -> bool:
    real = os.path.realpath(directory)
    return any(_lies_in(path, real) for path in real_paths)


def _is_private(directory: str) -> bool:
    """Tell whether a directory is its owner's alone, as those of agents are."""
    try:
        return not stat.S_IMODE(os.stat(directory).st_mode) & 0o077
    except OSError:
        return False


def _is_or_holds_socket(path: str) -> bool:
    try:
        mode = os.lstat(path).st_mode
        if not stat.S_ISDIR(mode):
            return stat.S_ISSOCK(mode)
        with os.scandir(path) as entries:
            return any(_is_socket(entry) for entry in entries)
    except OSError:
        return False


def _is_socket(entry: os.DirEntry[str]) -> bool:
    if entry.is_symlink() or entry.is_dir() or entry.is_file():
        return False
    return stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode)
