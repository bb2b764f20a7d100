"""Stand between localci and a command: start it, hold it apart, end it with all that it left.

This is a program of its own, started by `running.py`, and
imports nothing of localci. A descriptor holds its instructions: see `Job`. It imports little else
either: contextlib, json, pathlib and typing would double the time that each command takes to start.

It is told what to do on a pipe, the control: `T` passes SIGTERM on to the command's process group,
`K` kills everything now, and so does the end of the pipe, which comes when localci dies in
whatever way. It answers in lines on another pipe, the status: `first PID` names the first process
of the namespaces, or the command where there are none; then comes one of `exit CODE`,
`signal NUMBER` and `fault WHAT`. When the status ends, every process of the command is dead.

Without namespaces the launcher is the command's "subreaper" (prctl(2), Linux): a daemon leaves its
process group and session, but not its ancestry, so its orphans become children of the launcher,
which ends them. Elsewhere only the process group is ended.

With namespaces (user_namespaces(7), mount_namespaces(7), pid_namespaces(7)) there are three
processes: the launcher, outside; the first process inside, whose end is the end of all others; and
the command. Neither of the first two can be read or traced by the command: they are not dumpable,
and hold capabilities that it does not have.
"""

from __future__ import annotations

import ctypes
import errno
import marshal
import os
import select
import signal
import stat
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Final, TypedDict

    class FileView(TypedDict):
        """What the command sees of the file system; the fields of `localci`'s Isolation."""

        hidden: Sequence[str]
        read_only: Sequence[str]
        writable: Sequence[str]
        sealed: Sequence[str]
        pinned: Sequence[str]
        shared: Sequence[str]

    class Job(TypedDict):
        """The instructions. `parent` is localci; `status`, `control`, `terminal` are descriptors.

        `inherited` are the descriptors that keep the workspace locked while anything of the
        command lives. Without `view` there are no namespaces.
        """

        parent: int
        status: int
        control: int
        terminal: int
        inherited: Sequence[int]
        line: str
        directory: str
        environment: Mapping[str, str]
        view: FileView | None


_LONGEST: Final = 5.0
"""Seconds; a process that forks faster than it is killed must not hold us for ever."""
_PAUSE: Final = 0.002
_SHELL: Final = "/bin/sh"
_ORDER_END: Final = b"K"
_ORDER_TERMINATE: Final = b"T"

# From prctl(2), unshare(2), mount(2), mount_setattr(2), capabilities(7), keyctl(2), landlock(7):
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_CAPBSET_DROP: Final = 24
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CLONE_NEWNS: Final = 0x00020000
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWPID: Final = 0x20000000
_MS_NOSUID: Final = 2
_MS_NODEV: Final = 4
_MS_NOEXEC: Final = 8
_MS_BIND: Final = 4096
_MS_REC: Final = 16384
_MS_PRIVATE: Final = 1 << 18
_SYS_MOUNT_SETATTR: Final = 442
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_MOUNT_ATTR_RDONLY: Final = 1
_SYS_LANDLOCK_CREATE_RULESET: Final = 444
_SYS_LANDLOCK_RESTRICT_SELF: Final = 446
_LANDLOCK_CREATE_RULESET_VERSION: Final = 1
_LANDLOCK_WITH_SCOPES: Final = 6
_LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET: Final = 1
_SYS_KEYCTL: Final = {"x86_64": 250, "aarch64": 219, "riscv64": 219, "ppc64le": 271, "s390x": 280}
_KEYCTL_JOIN_SESSION_KEYRING: Final = 1
_LINUX_CAPABILITY_VERSION_3: Final = 0x20080522
_LAST_CAPABILITY: Final = "/proc/sys/kernel/cap_last_cap"

_KEPT_CAPABILITIES: Final = (0, 1, 3, 4, 5, 6, 7, 8, 10, 18)
"""What root keeps inside, as in a container: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID,
SETUID, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT; none of them undoes a mount or reads a process."""
_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty", "fuse", "kvm", "kfd")
_DEVICE_PREFIXES: Final = ("nvidia", "vhost-")
_DEVICE_DIRECTORIES: Final = ("dri", "net")
"""Neither disks, of which everything could be read, nor terminals, USB and smart card readers."""
_DEVICE_LINKS: Final = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
_PROC_OF_THE_MACHINE: Final = ("acpi", "bus", "fs", "irq", "sys", "sysrq-trigger")
"""Below /proc; root, and be it root of a namespace, could reach the machine by writing there."""
_OF_A_RUN: Final = "localci-"
"""What the names of all temporary directories of localci begin with."""
_MOST_MOUNT_NAMESPACES: Final = "/proc/sys/user/max_mnt_namespaces"


class Refused(Exception):  # noqa: N818 - it says what was refused
    """What stood in the way of starting the command; `number` is the system's errno, or 0."""

    def __init__(self, what: str, number: int = 0) -> None:
        super().__init__(what)
        self.number = number


class _Entry:
    """A path of the view, with a descriptor of what is there before anything is mounted."""

    __slots__ = ("descriptor", "mode", "path", "rule")

    def __init__(self, path: str, rule: str, descriptor: int) -> None:
        self.path = path
        self.rule = rule
        self.descriptor = descriptor
        self.mode = os.fstat(descriptor).st_mode


def main() -> None:
    """Do the job and end with 0, however the command ended; the status says how."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    job = _read_job(int(sys.argv[2]))
    _tell_faults(job, lambda: _do(job))


def _read_job(descriptor: int) -> Job:
    with open(descriptor, "rb") as file:
        job: Job = marshal.load(file)  # noqa: S302 - written by localci, for us alone
    return job


def _do(job: Job) -> None:
    view = job["view"]
    if view is None:
        _run_plain(job)
    else:
        _run_in_namespaces(job, view)


def _tell_faults(job: Job, action: Callable[[], None]) -> None:
    """Do something, and tell whatever goes wrong: nobody sees this program's traceback."""
    try:
        action()
    except Refused as refused:
        _tell(job, f"fault {refused}")
    except OSError as error:
        what = error.filename if isinstance(error.filename, str) else "the launcher"
        _tell(job, f"fault {what}: {error.strerror}")
    except Exception as error:  # noqa: BLE001 - see above
        _tell(job, f"fault the launcher: {error!r}")


def _tell(job: Job, text: str) -> None:
    """Answer in one line; that nobody listens any more is no fault."""
    line = " ".join(text.split()) + "\n"
    _try(os.write, job["status"], line.encode("utf-8", "surrogateescape"))


def _try(call: Callable[..., object], *arguments: object) -> None:
    """Call something of the system that may be too late, or not allowed."""
    try:
        call(*arguments)
    except (OSError, ValueError):
        return


# ---------------------------------------------------------------- without namespaces


def _run_plain(job: Job) -> None:
    if sys.platform == "linux":
        _prctl(_PR_SET_DUMPABLE, 0)
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    wake = _be_woken_by_signals()
    if sys.platform == "linux":
        # Should somebody else hold the other end of the control pipe open.
        _prctl(_PR_SET_PDEATHSIG, signal.SIGHUP)
    if os.getppid() != job["parent"]:
        return
    command = _start(job)
    _tell(job, f"first {command}")
    status = _watch(job, command, wake)
    _try(os.killpg, command, signal.SIGKILL)
    if _end_all_children():
        _tell_end(job, status)
    else:
        # Whatever is left could speak for other checks, or sign.
        _tell(job, "fault the command starts processes faster than they can be ended")


def _end_all_children() -> bool:
    """Kill in rounds: the children of what was killed become ours, and are next.

    Returns False where some are left after `_LONGEST` seconds.
    """
    deadline = time.monotonic() + _LONGEST
    while _reap_all():
        for pid in _children():
            _try(os.kill, pid, signal.SIGKILL)
        if not _reap_all():
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _reap_all() -> bool:
    """Reap what has ended; tell whether children are left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _children() -> Iterable[int]:
    """Return our children; nothing where there is no /proc and no subreaper."""
    me = os.getpid()
    try:
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return ()
    return [pid for pid in pids if _parent(pid) == me]


def _parent(pid: int) -> int:
    """Return the parent of a process (proc(5): the second field after the name in brackets)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


# ---------------------------------------------------------------- the command, and watching it


def _start(job: Job) -> int:
    """Start the command in a session of its own; its faults before the shell go to the status."""
    command = os.fork()
    if not command:
        _tell_faults(job, lambda: _become(job))
        os._exit(255)
    return command


def _become(job: Job) -> None:
    """Turn this process into the command."""
    inherited = job["inherited"]
    if job["view"] is not None:
        # Who is outside keeps what is locked, and ends with us.
        inherited = ()
        _give_up_powers()
    elif sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    os.chdir(job["directory"])
    _reset_signals()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(job["terminal"], 1)
    os.dup2(job["terminal"], 2)
    _close_all_but({0, 1, 2, job["status"], *inherited})
    os.set_inheritable(job["status"], False)  # noqa: FBT003 - the standard library's
    for descriptor in inherited:
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - see above
    arguments = [_SHELL, "-c", job["line"]]
    os.execve(_SHELL, arguments, dict(job["environment"]))  # noqa: S606 - its purpose


def _reset_signals() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        _try(signal.signal, number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _close_all_but(kept: set[int]) -> None:
    low = 0
    for descriptor in sorted(kept):
        if low < descriptor:  # Python 3.11 closes everything for (0, 0)
            os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _be_woken_by_signals() -> int:
    """Return a descriptor that can be read when a child ended, or when localci did (SIGHUP)."""
    wake, write = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(write, False)
    for number in (signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: None)
    # What is sent to a group by accident must not make us leave anything behind.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    return wake


def _watch(job: Job, command: int, wake: int) -> int:
    """Obey the control until the command has ended; return its wait status."""
    poll = select.poll()
    poll.register(job["control"], select.POLLIN)
    poll.register(wake, select.POLLIN)
    while (status := _reap_until(command)) is None:
        ready = [descriptor for descriptor, _ in poll.poll()]
        if wake in ready and signal.SIGHUP in os.read(wake, 4096):
            return _end(command)
        if job["control"] in ready:
            order = os.read(job["control"], 64)
            if not order or _ORDER_END in order:
                return _end(command)
            if _ORDER_TERMINATE in order:
                _try(os.killpg, command, signal.SIGTERM)
    return status


def _reap_until(command: int) -> int | None:
    """Reap whatever has ended; return the command's wait status if it is among them."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == command:
            return status
        if not pid:
            return None


def _end(command: int) -> int:
    """Kill the command's group, and itself should it not have made one yet."""
    _try(os.killpg, command, signal.SIGKILL)
    _try(os.kill, command, signal.SIGKILL)
    return os.waitpid(command, 0)[1]


def _tell_end(job: Job, status: int) -> None:
    if os.WIFSIGNALED(status):
        _tell(job, f"signal {os.WTERMSIG(status)}")
    else:
        _tell(job, f"exit {os.WEXITSTATUS(status)}")


# ---------------------------------------------------------------- with namespaces


def _run_in_namespaces(job: Job, view: FileView) -> None:
    """Be the process outside: make the namespaces and their first process, wait for its end."""
    _unshare()
    _allow_no_mount_namespaces()
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != job["parent"]:
        return
    _lay_out(view)
    go_read, go_write = os.pipe()
    first = os.fork()
    if not first:
        os.close(go_write)
        _tell_faults(job, lambda: _be_first(job, go_read))
        os._exit(0)
    _tell(job, f"first {first}")
    os.write(go_write, b"g")
    _close_all_but({job["status"]})
    status = os.waitpid(first, 0)[1]
    if status:
        _tell(job, f"fault the first process of the namespaces ended with wait status {status}")


def _be_first(job: Job, go: int) -> None:
    """Be the first process inside; when it ends, the kernel ends all others."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Nothing comes if our parent died before that line.
    if os.read(go, 1):
        os.close(go)
        _mount_proc()
        wake = _be_woken_by_signals()
        _tell_end(job, _watch(job, _start(job), wake))


def _unshare() -> None:
    """Make the namespaces, with the ids of outside: a user is the same user inside.

    Root maps all ids that it has, so that a check can become another user (`setpriv`), for which
    the map has to be written from outside.
    """
    if os.geteuid():
        user, group = os.geteuid(), os.getegid()
        _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
        return
    go_read, go_write = os.pipe()
    me = os.getpid()
    helper = os.fork()
    if not helper:
        os.close(go_write)
        _write_maps(go_read, me)
    os.close(go_read)
    try:
        _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID)
        os.write(go_write, b"g")
    finally:
        os.close(go_write)
        status = os.waitpid(helper, 0)[1]
    if status:
        raise Refused("the kernel does not let root map the ids of a user namespace")


def _allow_no_mount_namespaces() -> None:
    """Let nobody inside make a mount namespace (namespaces(7)); they have the one they are in.

    In another one the mounts could be left behind, all at once, and what cannot be moved here,
    since something is mounted on it, could be moved there by way of an open directory.
    """
    _write(_MOST_MOUNT_NAMESPACES, "0")


def _write_maps(go: int, pid: int) -> None:
    """In a child of its own: map every id onto itself. Ends the process."""
    code = 1
    try:
        if os.read(go, 1):
            for name in ("uid_map", "gid_map"):
                _write(f"/proc/{pid}/{name}", _identity(f"/proc/self/{name}"))
            code = 0
    except OSError:
        code = 2
    finally:
        os._exit(code)


def _identity(path: str) -> str:
    """Return a map of all ids that a map knows onto themselves (user_namespaces(7))."""
    with open(path, encoding="ascii") as file:
        rows = [line.split() for line in file]
    return "".join(f"{first} {first} {count}\n" for first, _, count in rows)


def _write(path: str, text: str) -> None:
    """Write in one call, as the files of /proc want it."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)


def _mount_proc() -> None:
    """Show this namespace's processes only. Refused in containers that hide parts of /proc."""
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    if os.geteuid() == 0:
        for name in _PROC_OF_THE_MACHINE:
            path = f"/proc/{name}"
            if os.path.exists(path):
                _mount(path, path, "", _MS_BIND | _MS_REC)
                _set_read_only(path)


def _give_up_powers() -> None:
    """Leave what root of the namespaces could undo them with; a user has nothing then."""
    kept = _KEPT_CAPABILITIES if os.geteuid() == 0 else ()
    with open(_LAST_CAPABILITY, encoding="ascii") as file:
        last = int(file.read())
    for capability in range(last + 1):
        if capability not in kept:
            _prctl(_PR_CAPBSET_DROP, capability)
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    mask = sum(1 << capability for capability in kept)
    header = (ctypes.c_uint32 * 2)(_LINUX_CAPABILITY_VERSION_3, 0)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    # effective, permitted, inheritable; the lower 32 bits first, then the upper ones
    data = (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)
    _call("capset", header, data)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _leave_keyring()
    _leave_abstract_sockets()


def _leave_keyring() -> None:
    """Take an empty session keyring; best effort, since kernels without keyrings have none."""
    number = _SYS_KEYCTL.get(os.uname().machine)
    if number is not None:
        ctypes.CDLL(None).syscall(number, _KEYCTL_JOIN_SESSION_KEYRING, None)


def _leave_abstract_sockets() -> None:
    """Bar the sockets without a path that others made (X11, older D-Bus); Linux 6.12 can."""
    libc = ctypes.CDLL(None)
    version = libc.syscall(
        _SYS_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), _LANDLOCK_CREATE_RULESET_VERSION
    )
    if version < _LANDLOCK_WITH_SCOPES:
        return
    attributes = (ctypes.c_uint64 * 3)(0, 0, _LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    ruleset = libc.syscall(_SYS_LANDLOCK_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0 or libc.syscall(_SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0):
        raise Refused("landlock does not bar abstract sockets")
    os.close(ruleset)


# ---------------------------------------------------------------- what the command sees


def _lay_out(view: FileView) -> None:
    """Mount the view: from the root downwards, so that what is deeper wins."""
    _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    entries = _entries(view)
    empty = _lay_out_devices()
    if os.geteuid() == 0:
        _set_read_only("/sys")
        _bind_what_is_in_the_root()
    for entry in entries:
        if entry.rule == "hidden":
            _hide_if_there(entry, empty)
        elif entry.rule == "sealed":
            _seal(entry, view)
        else:
            _bind(entry.descriptor, entry.path, entry.mode)
            if entry.rule == "read_only":
                _set_read_only(entry.path)
    if os.geteuid() == 0:
        _set_read_only("/", below=False)
    os.unlink(empty)
    for entry in entries:
        os.close(entry.descriptor)


def _entries(view: FileView) -> list[_Entry]:
    """Open every path before anything lies over it. Of two rules for one path the last counts."""
    rules = dict.fromkeys(view["pinned"], "pinned")
    rules.update(dict.fromkeys(view["sealed"], "sealed"))
    rules.update(dict.fromkeys(view["read_only"], "read_only"))
    rules.update(dict.fromkeys(view["hidden"], "hidden"))
    rules.update(dict.fromkeys(view["writable"], "writable"))
    entries = []
    for path in sorted(rules, key=lambda path: (path.count("/"), path)):
        # To be listed a directory has to be opened for reading.
        way = os.O_DIRECTORY if rules[path] == "sealed" else os.O_PATH
        try:
            descriptor = os.open(path, way | os.O_NOFOLLOW)
        except FileNotFoundError:
            if rules[path] == "writable":
                raise Refused(f"{path} is not there") from None
            continue
        entry = _Entry(path, rules[path], descriptor)
        if stat.S_ISLNK(entry.mode):
            raise Refused(f"{path} has become a link")
        entries.append(entry)
    return entries


def _bind_what_is_in_the_root() -> None:
    """Let the directories be as they are, when the root above them becomes read-only.

    Root could put others in their place, or in that of a link like `/bin`.
    """
    with os.scandir("/") as entries:
        names = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    for path in names:
        if not os.path.ismount(path):
            _mount(path, path, "", _MS_BIND | _MS_REC)


def _hide_if_there(entry: _Entry, empty: str) -> None:
    """Hide what others may remove at any time: nothing is mounted on, or found in, what is gone."""
    try:
        _make_place(entry.path, entry.mode)
        if stat.S_ISDIR(entry.mode):
            _mount_empty(entry.path, entry.mode)
        else:
            _mount(empty, entry.path, "", _MS_BIND)
    except Refused as refused:
        if refused.number != errno.ENOENT:
            raise
        return
    if not stat.S_ISDIR(entry.mode):
        _set_read_only(entry.path)


def _seal(entry: _Entry, view: FileView) -> None:
    """Show what is in a directory, and let nothing be made in it that stays."""
    unseen = set(view["hidden"])
    names = [
        name
        for name in os.listdir(entry.descriptor)
        if f"{entry.path}/{name}" not in unseen and not _is_another_run(entry.path, name, view)
    ]
    _make_place(entry.path, entry.mode)
    _mount_empty(entry.path, entry.mode)
    for name in names:
        path = f"{entry.path}/{name}"
        try:
            descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=entry.descriptor)
        except FileNotFoundError:
            continue
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISLNK(mode):
            os.symlink(os.readlink(name, dir_fd=entry.descriptor), path)
        else:
            _bind_if_there(descriptor, path, mode)
        os.close(descriptor)


def _is_another_run(directory: str, name: str, view: FileView) -> bool:
    """Tell whether a run works there that may have begun after the view was made."""
    if directory not in view["shared"] or not name.startswith(_OF_A_RUN):
        return False
    path = f"{directory}/{name}"
    seen = (*view["writable"], *view["read_only"], *view["sealed"], *view["pinned"])
    return not any(one == path or one.startswith(f"{path}/") for one in seen)


def _lay_out_devices() -> str:
    """Make a /dev without disks and terminals; return an empty file in it."""
    names = [
        name
        for name in os.listdir("/dev")
        if name in {*_DEVICES, *_DEVICE_DIRECTORIES} or name.startswith(_DEVICE_PREFIXES)
    ]
    devices = [(name, os.open(f"/dev/{name}", os.O_PATH)) for name in names]
    _mount_empty("/dev", 0o755)
    for name, descriptor in devices:
        _bind(descriptor, f"/dev/{name}", os.fstat(descriptor).st_mode)
        os.close(descriptor)
    for name, target in _DEVICE_LINKS.items():
        os.symlink(target, f"/dev/{name}")
    os.mkdir("/dev/pts")
    _mount(
        "devpts",
        "/dev/pts",
        "devpts",
        _MS_NOSUID | _MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=620",
    )
    os.mkdir("/dev/shm")  # noqa: S108
    _mount_empty("/dev/shm", 0o1777)  # noqa: S108 - a mount point
    empty = "/dev/.empty"
    os.close(os.open(empty, os.O_CREAT | os.O_WRONLY, 0o400))
    return empty


def _make_place(path: str, mode: int) -> None:
    """Make what is mounted on, where an empty file system lies above."""
    if os.path.lexists(path):
        return
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    if stat.S_ISDIR(mode):
        os.mkdir(path)
    else:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _bind(descriptor: int, path: str, mode: int) -> None:
    _make_place(path, mode)
    _mount(f"/proc/self/fd/{descriptor}", path, "", _MS_BIND | _MS_REC)


def _bind_if_there(descriptor: int, path: str, mode: int) -> None:
    """Bind what others may remove at any time: what is gone cannot be mounted any more."""
    try:
        _bind(descriptor, path, mode)
    except Refused as refused:
        if refused.number != errno.ENOENT:
            raise
        _try(os.rmdir if stat.S_ISDIR(mode) else os.unlink, path)


def _mount_empty(path: str, mode: int) -> None:
    _mount("tmpfs", path, "tmpfs", _MS_NOSUID | _MS_NODEV, f"mode={stat.S_IMODE(mode):o}")


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    _call(
        "mount",
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        data.encode() or None,
        about=target,
    )


def _set_read_only(path: str, *, below: bool = True) -> None:
    """Make a mount, and those below it, read-only; what else is set stays (Linux 5.12)."""
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    _call(
        "syscall",
        _SYS_MOUNT_SETATTR,
        _AT_FDCWD,
        os.fsencode(path),
        _AT_RECURSIVE if below else 0,
        attributes,
        ctypes.c_size_t(ctypes.sizeof(attributes)),
        about=path,
    )


def _prctl(option: int, value: int) -> None:
    _call("prctl", option, *map(ctypes.c_ulong, (value, 0, 0, 0)))


def _call(name: str, *arguments: object, about: str = "") -> None:
    """Call a function of the C library that returns 0, or raise Refused with what it said."""
    if getattr(_libc(), name)(*arguments):
        number = ctypes.get_errno()
        raise Refused(f"{name}{f' {about}' if about else ''}: {os.strerror(number)}", number)


_loaded: list[ctypes.CDLL] = []


def _libc() -> ctypes.CDLL:
    if not _loaded:
        _loaded.append(ctypes.CDLL(None, use_errno=True))
    return _loaded[0]


if __name__ == "__main__":
    main()
