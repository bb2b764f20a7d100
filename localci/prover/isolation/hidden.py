"""Which paths a check must not see, and which it must not write: what could sign, or run later.

Whatever signs for the developer is hidden: keys, the sockets of agents, and the sockets by which a
process outside could be had (the session's bus, tmux, container engines). What localci, git, gpg or
a shell reads or runs *after* the checks is read-only, or they would do the signing for a check.
"""

from __future__ import annotations

import itertools
import os
import shutil
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
    ".git-credential-cache",
    ".var/app",
    "snap/bitwarden",
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
_SECRETS_IN_DATA: Final = ("keyrings", "sequoia/keystore")
_SECRETS_IN_CACHE: Final = ("git/credential",)
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
_STARTED_UNASKED_IN_DATA: Final = ("systemd", "dbus-1", "bash-completion")
"""Made where they are missing: `~/.local/share` is where too many tools put something new."""
_READ_LATER_IN_DATA: Final = ("applications", "fish", "gnome-shell", "plasma")
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
    "/run/systemd",
    "/run/udev",
    "/sbin",
    "/usr",
    "/var/lib/cloud",
    "/var/lib/dbus",
    "/var/lib/dpkg",
    "/var/lib/pacman",
    "/var/lib/polkit-1",
    "/var/lib/rpm",
    "/var/lib/snapd",
    "/var/lib/systemd",
    "/var/spool",
)
"""What the machine itself runs, or other users do; nobody but root could write there."""
_ENGINES: Final = ("DOCKER_HOST", "CONTAINER_HOST")
"""Variables that name the socket of a container engine, which starts anything for anybody."""
_TEMPORARY: Final = "/tmp"  # noqa: S108 - looked at only
_OURS: Final = "localci-"
"""What the names of all temporary directories of localci begin with."""
_PATHS: Final = ("PATH", "LD_LIBRARY_PATH", "GIT_EXEC_PATH")
"""Variables that list directories of what is run."""
_PROGRAMS: Final = ("git", "gpg", "gpgconf", "gpgv", "gpgsm", "sq", "ssh", "ssh-add", "ssh-keygen")
"""What localci runs itself, outside, after the checks."""
_MOST_LINKS: Final = 40
"""As many as the kernel follows (path_resolution(7))."""
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
    written: the repository, the program itself; `secret` are files that settings name. `visible`
    is the run's own. `hooks` are the directories of git's hooks that settings name.
    """

    uid: int
    homes: Sequence[str]
    environ: Mapping[str, str]
    own: Sequence[str]
    needed: Sequence[str]
    secret: Sequence[str]
    visible: Sequence[str]
    hooks: Sequence[str] = ()


def isolation_for(around: Surroundings) -> Isolation:
    """Return what a check does not see and may not write, of what is on this disk now."""
    visible = _resolved(around.visible)
    used = visible | _resolved([*around.homes, *around.needed])
    secrets = list(_secrets(around))
    hidden = _resolved([*secrets, *_sockets(around, used)]) - visible
    later = list(_read_later(around))
    read_only = _resolved(later) - visible - hidden
    replaceable = {
        *_where_missing([*_below_each(around.homes, _KEYS), *later]),
        *_where_links([*around.homes, *secrets, *later]),
    }
    # Agents that are started while a check runs put their sockets there, and other runs theirs.
    shared = _resolved(_temporary(around))
    sealed = {
        path
        for path in shared | set(filter(_is_ours, replaceable)) - {"/"}
        if not any(_lies_in(path, one) for one in hidden | read_only)
    }
    rules = {
        **dict.fromkeys(sealed, "sealed"),
        **dict.fromkeys(read_only, "read_only"),
        **dict.fromkeys(hidden, "hidden"),
        **dict.fromkeys(visible, "writable"),
    }
    rules.update(dict.fromkeys(_movable(rules), "pinned"))
    return Isolation(
        **{
            rule: tuple(path for path in sorted(rules) if _decides(path, rule, rules))
            for rule in ("hidden", "read_only", "writable", "sealed", "pinned")
        },
        shared=tuple(sorted(path for path in shared if rules.get(path) == "sealed")),
    )


def places_to_make(around: Surroundings) -> list[str]:
    """Return the directories that have to be there, empty, lest a check makes and fills them.

    Most are kept away from a check by sealing the directory above. What it works in cannot be
    sealed: of that, those are named that git or a shell looks into for what it runs.
    """
    places = _below_each(_xdg(around, "XDG_DATA_HOME", ".local/share"), _STARTED_UNASKED_IN_DATA)
    visible = _resolved(around.visible)
    run_from = _resolved_missing([*around.hooks, *_listed_directories(around)])
    return [
        *(path for path in places if not os.path.lexists(path) and _is_ours(_above(path))),
        *(path for path in run_from if any(_lies_in(path, place) for place in visible)),
    ]


def _decides(path: str, rule: str, rules: Mapping[str, str]) -> bool:
    """Tell whether a path's rule says more than the one above it does: each costs a mount."""
    if rules[path] != rule:
        return False
    return rule in {"sealed", "pinned"} or _rule_above(path, rules) != rule


def _rule_above(path: str, rules: Mapping[str, str]) -> str:
    """Return the rule for what lies around a path, not regarding pins; empty if there is none."""
    above = _above(path)
    while rules.get(above, "pinned") == "pinned" and above != "/":
        above = _above(above)
    return rules.get(above, "")


def _movable(rules: Mapping[str, str]) -> set[str]:
    """Return the directories above those with rules that could be moved away with them.

    Another one could be put in their place, and be taken for the one that the rules are for. What
    is mounted on cannot be moved (rename(2): EBUSY), but what is above it can.
    """
    above = {directory for path in rules for directory in _all_above(path)}
    return {
        directory
        for directory in above - rules.keys()
        if _rule_above(directory, rules) not in {"hidden", "read_only"}
        # Each entry of a sealed directory is mounted already.
        and rules.get(_above(directory)) != "sealed"
        and _is_ours(_above(directory))
    }


def _secrets(around: Surroundings) -> Iterator[str]:
    """Name the places of keys, tokens and localci's own state, whether they exist or not."""
    yield from around.own
    yield from filter(None, [around.environ.get("GNUPGHOME", "")])
    for home in around.homes:
        yield from _below(home, [*_KEYS, *_SECRETS])
    yield from around.secret
    for sequoia in filter(os.path.isabs, [around.environ.get("SEQUOIA_HOME", "")]):
        yield f"{sequoia}/data/keystore"
    for config in _xdg(around, "XDG_CONFIG_HOME", ".config"):
        yield from _below(config, _SECRETS_IN_CONFIG)
    for data in _xdg(around, "XDG_DATA_HOME", ".local/share"):
        yield from _below(data, _SECRETS_IN_DATA)
    for cache in _xdg(around, "XDG_CACHE_HOME", ".cache"):
        yield from _below(cache, _SECRETS_IN_CACHE)
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
    for path in [path for place in _temporary(around) for path in _names(place)]:
        if not _holds_any(path, used) and (_is_another_run(path) or _is_or_holds_socket(path)):
            yield path


def _temporary(around: Surroundings) -> list[str]:
    given = around.environ.get("TMPDIR", "")
    return [_TEMPORARY, *([given] if os.path.isabs(given) else [])]


def _is_another_run(path: str) -> bool:
    """Tell whether another localci works there: a check could change what it has found out."""
    return os.path.basename(path).startswith(_OURS)


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
    yield from around.hooks
    yield from _programs(around)
    for home in around.homes:
        yield from _below(home, _READ_LATER)
    for config in _xdg(around, "XDG_CONFIG_HOME", ".config"):
        yield from _below(config, _READ_LATER_IN_CONFIG)
    for data in _xdg(around, "XDG_DATA_HOME", ".local/share"):
        yield from _below(data, _STARTED_UNASKED_IN_DATA)
        yield from filter(os.path.lexists, _below(data, _READ_LATER_IN_DATA))
    git = around.environ.get("GIT_CONFIG_GLOBAL", "")
    yield from filter(os.path.isabs, [git])
    if not around.uid:
        # What is missing of these belongs to a system that this one is not.
        yield from filter(os.path.lexists, _OF_ROOT)


def _programs(around: Surroundings) -> Iterator[str]:
    """Name where programs are, and what links among them lead to."""
    directories = _listed_directories(around)
    yield from directories
    for directory in directories:
        if _is_ours(directory) and not any(_lies_in(directory, place) for place in _OF_ROOT):
            yield from _linked_files(directory, around.visible)
    found = (shutil.which(name, path=around.environ.get("PATH", "")) for name in _PROGRAMS)
    for path in filter(None, found):
        yield path
        # git-http-push and the like.
        yield from filter(os.path.isdir, [f"{_above(_above(os.path.realpath(path)))}/libexec"])


def _listed_directories(around: Surroundings) -> list[str]:
    listed = [around.environ.get(name, "").split(os.pathsep) for name in _PATHS]
    return list(dict.fromkeys(filter(os.path.isabs, itertools.chain(*listed))))


def _linked_files(directory: str, visible: Sequence[str]) -> Iterator[str]:
    """Name the links to files outside; of what a check works in, it may write the files."""
    for path in filter(os.path.islink, _names(directory)):
        real = os.path.realpath(path)
        is_worked_in = any(_lies_in(real, place) for place in visible)
        if os.path.isfile(real) and _is_ours(real) and not is_worked_in:
            yield path


def _where_missing(paths: Iterable[str]) -> Iterator[str]:
    """Name the directories in which a check could make what is missing, and is read later.

    For instance the home directory, where no `.gitconfig` is yet. New things can be made in them,
    and go with the command. Of a link that leads nowhere, it is the directory that it leads into.
    """
    for path in paths:
        if not os.path.exists(path):
            yield _existing_above(os.path.realpath(path))


def _where_links(paths: Iterable[str]) -> Iterator[str]:
    """Name the directories of the links that paths lead through: others could be put there.

    Nothing can be mounted on a link, which would keep it where it is.
    """
    for path in paths:
        left = _reversed_names(path)
        real = "/"
        links = 0
        while left and links < _MOST_LINKS:
            name = left.pop()
            step = _above(real) if name == ".." else os.path.join(real, name)
            if target := _link(step):
                yield real
                links += 1
                left += _reversed_names(target)
                step = "/" if target.startswith("/") else real
            real = step


def _reversed_names(path: str) -> list[str]:
    return [name for name in reversed(path.split("/")) if name not in {"", "."}]


def _link(path: str) -> str:
    """Return where a link leads; nothing for what is none."""
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _existing_above(path: str) -> str:
    while not os.path.isdir(path):
        path = _above(path)
    return path


def _all_above(path: str) -> Iterator[str]:
    while (path := _above(path)) != "/":
        yield path


def _above(path: str) -> str:
    return os.path.dirname(path)


def _is_ours(path: str) -> bool:
    """Tell whether a check could change a path; its owner may make it writable."""
    try:
        return os.stat(path).st_uid == os.geteuid() or os.access(path, os.W_OK)
    except OSError:
        return False


def _resolved(paths: Iterable[str]) -> set[str]:
    """Return the real paths of those that exist; never the root of the file system."""
    real = {os.path.realpath(path) for path in paths if os.path.isabs(path)}
    return {path for path in real if os.path.exists(path)} - {"/"}


def _resolved_missing(paths: Iterable[str]) -> list[str]:
    """Return the real paths of those that do not exist."""
    real = dict.fromkeys(os.path.realpath(path) for path in paths if os.path.isabs(path))
    return [path for path in real if not os.path.exists(path)]


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
