"""A check that wants to sign with the developer's key, or to make something outside do it.

Each attack is run twice: with a clean environment only, where it has to succeed, since it would
prove nothing otherwise, and held apart, where it must not.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.held_apart import living, new_mark
from support.keys import gpg
from support.parts import need
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prover.isolation.conftest import Scene
    from support.isolation import Homes
    from support.ssh_keys import SshKeys

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has namespaces")

PASSPHRASE: Final = "s3cret"
PYTHON: Final = sys.executable
SIGN: Final = (
    'echo x | gpg --homedir "$KEYS" --batch --pinentry-mode error -u "$KEY" --detach-sign'
    " > made 2> why && test -s made"
)
TALK: Final = """
import os, socket, sys
agent = socket.socket(socket.AF_UNIX)
agent.connect(os.environ["SOCKET"])
talk = agent.makefile("rwb", buffering=0)
talk.readline()
for line in ("SIGKEY " + os.environ["GRIP"], "SETHASH --hash=sha256 " + "0" * 64, "PKSIGN"):
    talk.write(line.encode() + b"\\n")
    answer = talk.readline()
sys.exit(not answer.startswith(b"D "))
"""
TRACE: Final = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
mark = os.environ["MARK"].encode()
def is_victim(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return mark in file.read()
    except OSError:
        return False
victims = [int(name) for name in os.listdir("/proc") if name.isdigit() and is_victim(name)]
victims = [pid for pid in victims if pid not in (os.getpid(), os.getppid())]
sys.exit(not any(libc.ptrace(0x4206, pid, 0, 0) == 0 for pid in victims))
"""


@pytest.fixture
def guarded_key(homes: Homes) -> dict[str, str]:
    """A key with a passphrase, which the agent knows by now, as after a signed commit."""
    # Otherwise each new agent measures for seconds how often to hash.
    (homes.gnupg / "gpg-agent.conf").write_text("s2k-count 65536\n")
    secret = ("--pinentry-mode", "loopback", "--passphrase", PASSPHRASE)
    who = "Ada Lovelace <ada@example.org>"
    gpg(homes.gnupg, *secret, "--quick-generate-key", who, "ed25519", "sign", "never")
    gpg(homes.gnupg, *secret, "--output", "-", "--detach-sign", data=b"x")
    listed = gpg(homes.gnupg, "--with-colons", "--with-keygrip", "--list-secret-keys").decode()
    rows = [line.split(":") for line in listed.splitlines()]
    fingerprint, grip = (next(row[9] for row in rows if row[0] == kind) for kind in ("fpr", "grp"))
    return {
        "KEYS": str(homes.gnupg),
        "KEY": fingerprint,
        "GRIP": grip,
        "SOCKET": agent_socket(homes.gnupg),
    }


def agent_socket(home: Path) -> str:
    asked = ["gpgconf", "--homedir", str(home), "--list-dirs", "agent-socket"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def script(scene: Scene, text: str) -> str:
    """Put a program where the check can start it, and return the command that does."""
    (scene.workspace / "attack.py").write_text(text)
    return f'"{PYTHON}" attack.py'


def assert_only_without(scene: Scene, line: str, variables: Mapping[str, str]) -> None:
    """Assert that an attack reaches its aim, and does not when it is held apart."""
    assert scene.reaches(line, variables, apart=False)
    assert not scene.reaches(line, variables, apart=True)


# ---------------------------------------------------------------- keys and agents


def test_gpg_does_not_sign_with_the_developers_home(
    scene: Scene, guarded_key: dict[str, str]
) -> None:
    assert_only_without(scene, SIGN, guarded_key)


def test_gpg_does_not_sign_with_a_home_of_its_own_and_the_agents_socket(
    scene: Scene, guarded_key: dict[str, str]
) -> None:
    assert_only_without(scene, script(scene, TALK), guarded_key)


def test_a_socket_of_the_agent_that_lies_elsewhere_is_hidden(
    scene: Scene, guarded_key: dict[str, str], homes: Homes, tmp_path: Path
) -> None:
    """`S.gpg-agent` may be a file that says where the socket is."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (homes.gnupg / "S.gpg-agent").rename(elsewhere / "agent")
    (homes.gnupg / "S.gpg-agent").write_text(f"%Assuan%\nsocket={elsewhere}/agent\n")
    again = scene.chosen_again()
    assert_only_without(again, script(again, TALK), {**guarded_key, "SOCKET": f"{elsewhere}/agent"})


def test_secret_keys_are_not_read(scene: Scene, guarded_key: dict[str, str]) -> None:
    assert_only_without(scene, 'cat "$KEYS"/private-keys-v1.d/*.key > copied', guarded_key)


def test_the_ssh_agent_does_not_sign(
    scene: Scene, ssh_keys: SshKeys, ssh_agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = ssh_keys["ada"]
    monkeypatch.setenv("SSH_AUTH_SOCK", ssh_agent)
    subprocess.run(["ssh-add", "-q", str(pair.path)], check=True)
    again = scene.chosen_again()
    (again.workspace / "ada.pub").write_text(pair.line)
    line = "echo x | ssh-keygen -q -Y sign -n localci -f ada.pub > made && test -s made"
    assert_only_without(again, line, {"SSH_AUTH_SOCK": ssh_agent})


def test_an_ssh_agent_that_is_started_during_the_check_is_not_seen(
    scene: Scene, ssh_keys: SshKeys, request: pytest.FixtureRequest
) -> None:
    mark = new_mark()
    look = (
        f"touch started; : {mark}; while ! test -e go; do sleep 0.01; done;"
        ' for s in /tmp/ssh-*/agent.*; do SSH_AUTH_SOCK="$s" ssh-add -l && exit 0; done; exit 1'
    )
    running = scene.start(look)
    while not (scene.workspace / "started").exists():
        assert running.advance() is None
    agent = request.getfixturevalue("ssh_agent")
    assert agent.startswith("/tmp/ssh-")
    subprocess.run(
        ["ssh-add", "-q", str(ssh_keys["ada"].path)],
        check=True,
        env={**os.environ, "SSH_AUTH_SOCK": agent},
    )
    (scene.workspace / "go").touch()
    while (ended := running.advance()) is None:
        select.select(running.descriptors, [], [], 1)
    assert ended.exit_code == 1


@pytest.mark.parametrize(
    "name",
    [
        ".ssh/id_ed25519",
        ".netrc",
        ".git-credentials",
        ".config/gh/hosts.yml",
        ".config/git/credentials",
        ".docker/config.json",
        ".aws/credentials",
        ".kube/config",
        ".pypirc",
        ".password-store/token.gpg",
        ".local/share/keyrings/login.keyring",
        ".local/share/sequoia/keystore/keys",
        ".var/app/org.example/data/agent",
        ".local/state/localci/x",
        ".cache/localci/other/x",
    ],
)
def test_keys_and_tokens_are_not_read(scene: Scene, homes: Homes, name: str) -> None:
    path = homes.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("secret")
    assert_only_without(scene.chosen_again(), f'grep -q secret "{path}"', {})


@pytest.mark.parametrize("end", ["", ".pub", "-cert.pub"])
@pytest.mark.parametrize("setting", ["user.signingkey", "localci.signingKey"])
def test_an_ssh_key_that_git_signs_with_is_not_read_wherever_it_is(
    scene: Scene, ssh_keys: SshKeys, tmp_path: Path, setting: str, end: str
) -> None:
    pair = ssh_keys["ada"]
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys/ci"
    key.write_bytes(Path(pair.path).read_bytes())
    key.chmod(0o600)
    Path(f"{key}.pub").write_text(pair.line)
    git(scene.repository, "config", "gpg.format", "ssh")
    git(scene.repository, "config", setting, f"{key}{end}")
    line = f"echo x | ssh-keygen -q -Y sign -n localci -f {key} > made 2> why && test -s made"
    assert_only_without(scene.chosen_again(), line, {})


def test_a_link_hides_what_it_leads_to(scene: Scene, homes: Homes, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles/id").write_text("secret\n")
    (homes.home / ".ssh").symlink_to(tmp_path / "dotfiles")
    again = scene.chosen_again()
    assert_only_without(again, f"cat ~/.ssh/id || cat {tmp_path}/dotfiles/id", {})


# ---------------------------------------------------------------- processes


@pytest.fixture
def victim() -> Iterator[str]:
    """A process of the developer with a secret in its environment; gives a mark of it."""
    mark = new_mark()
    with subprocess.Popen(
        ["sh", "-c", f"echo; read word; : {mark}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TOKEN": f"token-of-{mark}"},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield mark
        process.kill()


def test_the_environment_of_other_processes_is_not_read(scene: Scene, victim: str) -> None:
    line = 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n" | grep -q "^TOKEN=token-of-$MARK"'
    assert_only_without(scene, line, {"MARK": victim})


def test_other_processes_are_not_traced(scene: Scene, victim: str) -> None:
    assert_only_without(scene, script(scene, TRACE), {"MARK": victim})


def test_other_processes_are_not_signalled(scene: Scene, victim: str) -> None:
    pid = min(living(victim))
    assert_only_without(scene, f"kill -0 {pid}", {})


@pytest.mark.parametrize(
    "line",
    [
        "cat /proc/1/environ",
        "dd if=/proc/1/mem bs=1 count=1",
        "readlink /proc/1/exe",
        "ls /proc/1/fd/0",
        "ls -d /proc/1/root/.",
        f'"{PYTHON}" -c "import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(0x4206, 1, 0, 0))"',
        "kill -KILL 1; sleep 0.1; ! kill -0 1",
    ],
)
def test_the_first_process_inside_is_not_read_traced_or_ended(scene: Scene, line: str) -> None:
    assert not scene.reaches(f"{line} > taken", {}, apart=True)


def test_it_has_no_power_that_would_undo_anything(scene: Scene) -> None:
    ended = scene.run("grep -E 'CapBnd|CapEff|CapAmb|NoNewPrivs' /proc/self/status", {}, apart=True)
    rows = dict(line.split(":\t") for line in ended.log.read_text().splitlines())
    # CAP_DAC_READ_SEARCH, SYS_MODULE, SYS_RAWIO, SYS_PTRACE, SYS_ADMIN, SYS_BOOT, MKNOD
    dangerous = sum(1 << number for number in (2, 16, 17, 19, 21, 22, 27))
    assert rows.pop("NoNewPrivs") == "1"
    assert int(rows.pop("CapAmb"), 16) == 0
    assert all(int(mask, 16) & dangerous == 0 for mask in rows.values())


def test_nothing_tries_again_after_the_run(
    scene: Scene, guarded_key: dict[str, str], tmp_path: Path
) -> None:
    """A process that left its session twice, and waits until the developer signs."""
    mark = new_mark()
    attempt = f"{SIGN} && touch signed-$(date +%s%N)"
    haunt = (
        f"setsid sh -c 'setsid sh -c \"while :; do touch alive; {mark}=; sleep 0.05; done\" &' &"
    )
    line = f"{haunt} while ! test -e alive; do sleep 0.01; done; {attempt}"
    for apart in (False, True):
        ended = scene.run(line, guarded_key, apart=apart)
        assert (scene.workspace / "alive").exists()
        assert not living(mark)
        assert (ended.exit_code == 0) is not apart
        (scene.workspace / "alive").unlink()


# ---------------------------------------------------------------- undoing it


NOBODY: Final = "setpriv --reuid=65534 --regid=65534 --clear-groups " if not os.geteuid() else ""
"""Root cannot map itself into a namespace of its own (CAP_SETFCAP), anybody else can."""


@pytest.mark.parametrize("flags", ["", "--lazy"])
def test_what_is_hidden_is_not_uncovered(
    scene: Scene, guarded_key: dict[str, str], flags: str
) -> None:
    line = f'umount {flags} "$KEYS" 2> why; cat "$KEYS"/private-keys-v1.d/*.key'
    assert not scene.reaches(line, guarded_key, apart=True)


@pytest.mark.parametrize("made", ["-Urm", "-Urpmf"])
def test_no_other_mount_namespace_is_made(scene: Scene, made: str) -> None:
    """What is mounted here could be left behind there, and what it holds be moved."""
    assert_only_without(scene, f"{NOBODY}{need('unshare')} {made} true 2> /dev/null", {})


@pytest.mark.skipif(os.geteuid() != 0, reason="others could not write there anyway")
@pytest.mark.parametrize(
    "path",
    [
        "/proc/sys/kernel/core_pattern",
        "/etc/ld.so.preload",
        "/usr/bin/gpg",
        "/etc/cron.d/x",
        "/var/lib/dpkg/info/x.postinst",
        "/made-by-a-check",
    ],
)
def test_root_does_not_write_what_the_machine_runs(scene: Scene, path: str) -> None:
    line = f"echo >> {path} || {{ mount -t proc none /proc; echo >> {path}; }}"
    assert not scene.reaches(line, {}, apart=True)


def test_neither_disks_nor_terminals_nor_memory_are_there(scene: Scene) -> None:
    ended = scene.run("ls /dev /dev/pts", {}, apart=True)
    seen = set(ended.log.read_text().split())
    assert {"null", "zero", "urandom", "tty", "ptmx", "pts", "shm", "fd"} <= seen
    assert not {name for name in seen if name.startswith(("sd", "vd", "nvme", "mem", "tty1"))}
    assert not {name for name in seen if name.isdigit()}


# ---------------------------------------------------------------- making others do it


def test_a_socket_in_the_temporary_directory_is_not_reached(scene: Scene, tmp_path: Path) -> None:
    """tmux, editors and X have theirs there."""
    place = Path("/tmp", new_mark()[:12])
    place.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as server:
        try:
            server.bind(str(place / "default"))
            server.listen()
            again = scene.chosen_again()
            code = "import socket, os; socket.socket(socket.AF_UNIX).connect(os.environ['SOCKET'])"
            variables = {"SOCKET": str(place / "default")}
            assert_only_without(again, f'"{PYTHON}" -c "{code}" 2>/dev/null', variables)
        finally:
            (place / "default").unlink()
            place.rmdir()


def test_a_socket_without_a_path_is_not_reached(scene: Scene) -> None:
    if landlock_version() < 6:
        pytest.skip("before Linux 6.12 nothing bars them")
    mark = new_mark()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{mark}")
        server.listen()
        code = f"import socket; socket.socket(socket.AF_UNIX).connect(chr(0) + '{mark}')"
        assert_only_without(scene, f'"{PYTHON}" -c "{code}" 2>/dev/null', {})


def landlock_version() -> int:
    call = ctypes.CDLL(None).syscall
    return int(call(444, None, ctypes.c_size_t(0), 1))


@pytest.mark.parametrize(
    "path",
    [
        "~/.gitconfig",
        "~/.config/git/config",
        "~/.ssh/config",
        "~/.gnupg/gpg.conf",
        "~/.bashrc",
        "~/.config/systemd/user/evil.service",
        "~/.local/share/systemd/user/evil.service",
        "~/.local/share/dbus-1/services/evil.service",
        "~/.local/bin/git",
    ],
)
@pytest.mark.parametrize("is_there", [False, True])
def test_nothing_is_planted_that_would_run_or_be_read_later(
    scene: Scene, homes: Homes, path: str, *, is_there: bool
) -> None:
    whole = Path(path.replace("~", str(homes.home)))
    if is_there:
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(b"mine")
        scene = scene.chosen_again()
    before = whole.read_bytes() if is_there else None
    scene.run(replace_or_append(whole), {}, apart=True)
    assert (whole.read_bytes() if whole.exists() else None) == before


def test_a_file_that_gits_settings_include_is_not_changed(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "included").write_text("[a]\n\tb = c\n")
    git(scene.repository, "config", "--global", "include.path", f"{tmp_path}/included")
    again = scene.chosen_again()
    assert_only_without(again, f"echo >> {tmp_path}/included", {})


@pytest.mark.parametrize("key", ["include.path", "includeIf.gitdir:~/elsewhere/.path"])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_file_that_gits_settings_would_include_is_neither_made_nor_changed(
    scene: Scene, homes: Homes, key: str, *, is_there: bool
) -> None:
    dotfiles = homes.home / "dotfiles"
    dotfiles.mkdir()
    (homes.home / ".gitconfig").touch()
    git(scene.repository, "config", "--file", str(homes.home / ".gitconfig"), key, "dotfiles/inc")
    git(scene.repository, "config", "--global", "include.path", "~/.gitconfig")
    if is_there:
        (dotfiles / "inc").touch()
    scene.chosen_again().run(f"echo '[core]' >> {dotfiles}/inc", {}, apart=True)
    assert [path.read_bytes() for path in dotfiles.iterdir()] == [b""] * is_there


def test_a_startup_file_is_not_made_where_a_link_leads(scene: Scene, homes: Homes) -> None:
    (homes.home / "dot").mkdir()
    (homes.home / ".zshrc").symlink_to("dot/zshrc")
    scene.chosen_again().run("echo evil > ~/.zshrc; echo evil > ~/dot/zshrc", {}, apart=True)
    assert not (homes.home / "dot/zshrc").exists()


@pytest.mark.parametrize("hooks", [".githooks", ".husky/_"])
def test_no_hook_is_planted_by_checks_in_place(scene: Scene, hooks: str) -> None:
    """Also where the directory of hooks is not there yet; what is around it stays writable."""
    git(scene.repository, "config", "core.hooksPath", hooks)
    again = replace(scene, workspace=scene.repository).chosen_again()
    plant = f"mkdir -p {hooks}; echo evil > {hooks}/reference-transaction"
    away = "" if hooks == ".githooks" else "; mv .husky old; echo made > .husky/made"
    again.run(f"rm -r {hooks}; mv {hooks} old; {plant}{away}", {}, apart=True)
    assert not list((scene.repository / hooks).iterdir())
    assert (scene.repository / ".husky/made").exists() is bool(away)


def test_no_program_is_planted_by_checks_in_place(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = scene.repository / ".venv/bin"
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    again = replace(scene, workspace=scene.repository).chosen_again()
    again.run(f"mkdir -p {place}; echo evil > {place}/git", {}, apart=True)
    assert not list(place.iterdir())


@pytest.mark.parametrize(
    "path",
    [
        "$REPOSITORY/.git/hooks/pre-push",
        "$REPOSITORY/.git/config",
        "$REPOSITORY/file",
        f"{sys.prefix}/lib/evil.pth",
        f"{sys.prefix}/bin/gpg",
    ],
)
def test_neither_repository_nor_localci_is_changed(scene: Scene, path: str) -> None:
    whole = Path(path.replace("$REPOSITORY", str(scene.repository)))
    before = whole.read_bytes() if whole.exists() else None
    scene.run(replace_or_append(whole), {}, apart=True)
    assert (whole.read_bytes() if whole.exists() else None) == before


def test_nothing_is_planted_where_other_data_are(scene: Scene, homes: Homes) -> None:
    """Tools make directories there, which stay; systemd's is made before them."""
    data = homes.home / ".local/share"
    data.mkdir(parents=True)
    evil = data / "systemd/user/evil.service"
    line = f"mkdir {data}/tool; {replace_or_append(evil)}"
    scene.chosen_again().run(line, {}, apart=True)
    assert (data / "tool").exists()
    assert not list((data / "systemd").iterdir())


@pytest.mark.parametrize(
    "place", ["{repository}/..", "~/.local/state", "~/.cache", "{tools}", "{tools}/v1"]
)
def test_what_is_above_is_not_moved_away(
    scene: Scene, homes: Homes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """With something else in its place, hooks would run outside, or stored results be believed."""
    tools = tmp_path / "one/tools"
    (tools / "v1/bin").mkdir(parents=True)
    monkeypatch.setenv("PATH", f"{tools}/v1/bin:{os.environ['PATH']}")
    repository = tmp_path / "deeper/still/repository"
    repository.parent.mkdir(parents=True)
    scene.repository.rename(repository)
    again = replace(scene, repository=repository).chosen_again()
    path = place.format(repository=repository, tools=tools).replace("~", str(homes.home))
    path = os.path.normpath(path)
    line = f'mv "{path}" "{path}.old" 2> /dev/null'
    assert not again.reaches(line, {}, apart=True)
    assert again.reaches(f'mv "{path}" "{path}.old" && mv "{path}.old" "{path}"', {}, apart=False)


@pytest.mark.parametrize("link", ["current", "latest"])
def test_a_link_on_the_way_to_programs_is_not_changed(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    tools = tmp_path / "tools"
    (tools / "v1/bin").mkdir(parents=True)
    (tools / "latest").symlink_to("v1")
    (tools / "current").symlink_to(tools / "latest")
    monkeypatch.setenv("PATH", f"{tools}/current/bin:{os.environ['PATH']}")
    scene.chosen_again().run(f"rm {tools}/{link}; ln -s v2 {tools}/{link}", {}, apart=True)
    assert os.path.realpath(tools / "current") == os.path.realpath(tools / "v1")


def test_a_program_that_a_link_on_the_path_leads_to_is_not_changed(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bin", "cellar"):
        (tmp_path / name).mkdir()
    (tmp_path / "cellar/tool").touch()
    (tmp_path / "bin/tool").symlink_to("../cellar/tool")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    again = scene.chosen_again()
    assert_only_without(again, f"echo evil >> {tmp_path}/cellar/tool", {})


def test_a_work_trees_git_file_is_not_changed_by_checks_in_place(
    scene: Scene, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    git(scene.repository, "worktree", "add", "-q", str(linked))
    before = (linked / ".git").read_bytes()
    line = "touch made; rm -f .git; echo gitdir: /elsewhere > .git"
    replace(scene, repository=linked, workspace=linked).chosen_again().run(line, {}, apart=True)
    assert (linked / ".git").read_bytes() == before
    assert (linked / "made").exists()


def test_the_files_of_another_run_are_not_reached(scene: Scene) -> None:
    with tempfile.TemporaryDirectory(prefix="localci-") as other:
        Path(other, "result").write_text("true\n")
        assert_only_without(scene.chosen_again(), f"cat {other}/result 2> /dev/null", {})


def test_the_files_of_a_run_that_begins_later_are_not_reached(scene: Scene) -> None:
    """Each command is shown the temporary directory as it is when that command starts."""
    with tempfile.TemporaryDirectory(prefix="localci-") as other:
        Path(other, "result").write_text("true\n")
        assert_only_without(scene, f"cat {other}/result 2> /dev/null", {})


def replace_or_append(path: Path) -> str:
    place = path.parent
    return (
        f'mkdir -p "{place}"; echo evil >> "{path}"; mv "{place}" "{place}.old" && mkdir "{place}"'
    )


# ---------------------------------------------------------------- what goes on as usual


def test_what_a_check_needs_is_there(scene: Scene, homes: Homes) -> None:
    (homes.home / ".cache/tool").mkdir(parents=True)
    line = (
        "git --version && echo x > made && mkdir d && mv made d/"
        " && echo x > ~/.cache/tool/kept && echo x > ~/.new-tool && cat ~/.new-tool"
        f" && git -C {scene.repository} log --oneline"
        " && gpg --batch --pinentry-mode loopback --passphrase '' --quick-generate-key me"
        f" && {PYTHON} -c 'import socket; socket.create_server((chr(49)+\"27.0.0.1\", 0))'"
        " && test -w /dev/shm && test -w /tmp && (setpriv --version || true)"
    )
    ended = scene.chosen_again().run(line, {"GNUPGHOME": str(homes.gnupg)}, apart=True)
    assert ended.exit_code == 0, ended.log.read_text()
    assert (scene.workspace / "d/made").exists()
    assert (homes.home / ".cache/tool/kept").exists()
    assert not (homes.home / ".new-tool").exists()
    assert not list(homes.gnupg.iterdir())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_can_become_somebody_else(scene: Scene) -> None:
    ended = scene.run("setpriv --reuid=65534 --regid=65534 --clear-groups id -u", {}, apart=True)
    assert (ended.exit_code, ended.last_line) == (0, "65534")


def test_a_check_can_hold_something_apart_itself(scene: Scene) -> None:
    """Browsers, whose sandbox needs no mounts, are not stopped."""
    assert scene.run(f"{NOBODY}unshare -Urpnf true", {}, apart=True).exit_code == 0
