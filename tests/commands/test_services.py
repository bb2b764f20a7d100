"""Services of a run, with a real PostgreSQL and a real Redis."""

from __future__ import annotations

import shlex
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import FAILED, NO_VERDICT, PASSED
from support.checks import HEAD, document_of
from support.marked import MARK, marked, still_alive
from support.parts import need
from support.project import make_project
from support.started import started

if TYPE_CHECKING:
    from support.isolation import Homes
    from support.keys import Key
    from support.project import Project

REDIS = """\
[services.redis]
run = "exec redis-server --port {port} --bind 127.0.0.1 --save '' --dir {data} --set-proc-title no"
ready = "redis-cli -p {port} ping"
env = { REDIS_URL = "redis://127.0.0.1:{port}/0" }
"""
# Processes that change their title overwrite the environment that /proc shows, and with it the
# mark: Redis can be told not to, those of PostgreSQL are found by where they stand.
# The server refuses root, who goes through the account that the package made.
POSTGRES = """\
[services.postgres]
run = "sh serve-postgres {port} {data}"
ready = "pg_isready --quiet --host 127.0.0.1 --port {port} --username app"
env = { PGHOST = "127.0.0.1", PGPORT = "{port}", PGUSER = "app", PGDATABASE = "postgres" }
"""
SERVE_POSTGRES = """\
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
as=
if [ "$(id -u)" = 0 ]; then
    as='setpriv --reuid=postgres --regid=postgres --clear-groups'
    chown postgres "$2"
    chmod a+x "$(dirname "$2")" "$(dirname "$(dirname "$2")")"
fi
cd "$2"
$as "$bin/initdb" -D "$2/data" -A trust -U app --no-sync
exec $as "$bin/postgres" -D "$2/data" -p "$1" -k "$2" -c listen_addresses=127.0.0.1 -c fsync=off
"""
WITH_BOTH = """\
[checks.database]
run = "psql -c 'create table once (a int)' && psql -tAc 'show server_version'"
services = ["postgres"]
[checks.cache]
run = '''sh -c 'redis-cli -u "$REDIS_URL" incr visits | tee {reports}/visits; \
grep -qx 1 {reports}/visits' '''
services = ["redis"]
[checks.both]
run = '''psql -tAc 'select count(*) from pg_stat_activity' && redis-cli -u "$REDIS_URL" ping'''
services = ["postgres", "redis"]
[checks.none]
run = '''test -z "${REDIS_URL-}${PGPORT-}"'''
"""


def redis_project(tmp_path: Path, ada: Key, run: str, service: str = REDIS) -> Project:
    need("redis-server")
    checks = f"{HEAD}{service}[checks.cache]\nrun = '''{run}'''\nservices = ['redis']\n"
    return make_project(tmp_path, ada, files={"localci.toml": checks})


def test_checks_use_a_real_database_and_a_real_cache(tmp_path: Path, ada: Key) -> None:
    for program in ("redis-server", "psql", "pg_isready"):
        need(program)
    checks = HEAD + REDIS + POSTGRES + WITH_BOTH
    files = {"localci.toml": checks, "serve-postgres": SERVE_POSTGRES}
    project = make_project(tmp_path, ada, files=files)
    mark = str(tmp_path)
    # PostgreSQL's account has to get there.
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)

        done = project.localci("run", "--json", environment={MARK: mark, "TMPDIR": place})

        assert not still_alive(mark, Path(place))
    assert done.code == PASSED, done
    results: dict[str, Any] = document_of(done)["checks"]
    assert {name: found["passed"] for name, found in results.items()} == {
        "database": True, "cache": True, "both": True, "none": True,
    }  # fmt: skip


def test_two_runs_at_once_have_services_of_their_own(tmp_path: Path, ada: Key) -> None:
    # Each run waits until the other has its service too, then counts for itself.
    meeting = tmp_path / "meeting"
    meeting.mkdir()
    project = redis_project(
        tmp_path / "project",
        ada,
        f'echo "$REDIS_URL" > {shlex.quote(str(meeting))}/$RUN_MARK; n=0; '
        f"until [ $(ls {shlex.quote(str(meeting))} | wc -l) = 2 ] || [ $n = 400 ]; "
        "do n=$((n+1)); sleep 0.05; done; "
        'test "$(redis-cli -u "$REDIS_URL" incr visits)" = 1',
    )

    with ThreadPoolExecutor() as pool:
        runs = pool.map(
            lambda mark: project.localci("run", "--no-cache", environment={MARK: mark}), "ab"
        )
        codes = [run.code for run in runs]

    assert codes == [PASSED, PASSED]
    urls = {file.read_text(encoding="ascii") for file in meeting.iterdir()}
    assert len(urls) == 2


def test_the_log_of_a_service_is_kept(tmp_path: Path, ada: Key, homes: Homes) -> None:
    project = redis_project(tmp_path, ada, 'redis-cli -u "$REDIS_URL" ping')

    assert project.localci("run").code == PASSED

    logs = [
        path.read_text("utf-8", "replace")
        for path in homes.home.rglob("*redis*.log")
        if "ready" not in path.name
    ]
    assert any("Ready to accept connections" in log for log in logs), logs


def test_a_service_dies_with_a_run_that_is_killed(tmp_path: Path, ada: Key, homes: Homes) -> None:
    here = tmp_path / "here"
    run = f"touch {shlex.quote(str(here))}; sleep 60"
    project = redis_project(tmp_path / "project", ada, run)
    mark = str(tmp_path)

    with started(project.path, "run", environment={MARK: mark}) as localci:
        localci.has_made(here)
        assert any("redis-server" in line for line in marked(mark).values())
        localci.kill()
        localci.ended()
        assert not still_alive(mark, homes.home / ".cache")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("echo cannot find my configuration; exit 3", "cannot find my configuration"),
        ("no-such-server", "no-such-server"),
        ("echo still thinking; exec sleep 60", "is not ready after 1 s"),
    ],
    ids=["dies", "missing", "never ready"],
)
def test_a_service_that_cannot_be_used_is_no_failure_of_the_code(
    tmp_path: Path, ada: Key, run: str, said: str
) -> None:
    service = (
        f"[services.redis]\nrun = '''{run}'''\nready = 'redis-cli -p {{port}} ping'\n"
        "ready_timeout = '1s'\n"
    )
    project = redis_project(tmp_path, ada, "true", service)
    mark = str(tmp_path)

    done = project.localci("run", environment={MARK: mark})

    assert done.code == NO_VERDICT, done
    assert "service redis" in done.errors
    assert said in done.errors
    # The end of its log is shown, as that of a check would be.
    assert "_service-redis.log" in done.errors
    if run.startswith("echo"):
        assert run.removeprefix("echo ").partition(";")[0] in done.errors
    assert not still_alive(mark)


def test_a_service_that_dies_during_a_check_takes_its_verdict(tmp_path: Path, ada: Key) -> None:
    project = redis_project(
        tmp_path, ada, 'redis-cli -u "$REDIS_URL" shutdown nosave; redis-cli -u "$REDIS_URL" ping'
    )

    done = project.localci("run")

    assert done.code == NO_VERDICT, done
    assert "service redis" in done.errors


def test_a_service_that_only_no_longer_listens_takes_it_too(tmp_path: Path, ada: Key) -> None:
    """The end of a process is heard of later than what its client made of it."""
    deaf = (
        "import os, socket, sys, time\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "while not os.path.exists('enough'):\n    time.sleep(0.01)\n"
        "listening.close()\n"
        "time.sleep(60)\n"
    )
    client = (
        "import os, socket, sys, time\n"
        "open('enough', 'w').close()\n"
        "while socket.socket().connect_ex(('127.0.0.1', int(os.environ['PORT']))) == 0:\n"
        "    time.sleep(0.05)\n"
        "sys.exit(1)\n"
    )
    done = served_by(tmp_path, ada, deaf, client).localci("run")

    assert done.code == NO_VERDICT, done
    assert "service redis does not listen any more, while it ran" in done.errors


@pytest.mark.parametrize("probe", ["", 'ready = "test -e there"\n'])
def test_what_a_check_finds_in_a_service_that_hangs_is_a_failure(
    tmp_path: Path, ada: Key, probe: str
) -> None:
    hanging = (
        "import socket, sys, time\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=0)\n"
        "open('there', 'w').close()\n"
        "time.sleep(60)\n"
    )
    client = (
        "import os, socket, sys\n"
        "for client in [socket.socket() for _ in range(8)]:\n"
        "    client.settimeout(0.2)\n"
        "    client.connect_ex(('127.0.0.1', int(os.environ['PORT'])))\n"
        "sys.exit(1)\n"
    )

    done = served_by(tmp_path, ada, hanging, client, probe).localci("run")

    assert done.code == FAILED, done


def test_a_service_that_takes_one_client_keeps_it_for_the_check(tmp_path: Path, ada: Key) -> None:
    once = (
        "import socket, sys, time\n"
        "listening = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "open('there', 'w').close()\n"
        "listening.accept()[0].sendall(b'you')\n"
        "listening.close()\n"
        "time.sleep(60)\n"
    )
    client = (
        "import os, socket\n"
        "print(socket.create_connection(('127.0.0.1', int(os.environ['PORT']))).recv(9))\n"
    )

    done = served_by(tmp_path, ada, once, client, 'ready = "test -e there"\n').localci("run")

    assert done.code == PASSED, done


def served_by(tmp_path: Path, ada: Key, server: str, client: str, probe: str = "") -> Project:
    checks = (
        f"{HEAD}[services.redis]\n"
        'run = "exec python3 server.py {port}"\n'
        f'{probe}env = {{ PORT = "{{port}}" }}\n'
        '[checks.cache]\nrun = "python3 client.py"\nservices = ["redis"]\n'
    )
    files = {"localci.toml": checks, "server.py": server, "client.py": client}
    return make_project(tmp_path, ada, files=files)
