"""Services that CI starts as containers, as servers that this machine starts: PostgreSQL, Redis.

Only what can be said without doubt is translated; for any other image there is a note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.faults import variable_fault
from localci.prover.setup.proposing.proposal import ProposedService
from localci.prover.setup.proposing.yaml_file import scalars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from localci.formats.strict_json import JsonValue
    from localci.prover.setup.proposing.project_files import ProjectFiles
    from localci.prover.setup.proposing.yaml_file import YamlNode

_COMPOSE_FILES: Final = (
    "compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml",
)  # fmt: skip
_POSTGRES: Final = "postgres"
_REDIS: Final = "redis"
_IMAGES: Final = {
    "postgres": _POSTGRES, "postgresql": _POSTGRES, "postgis": "", "redis": _REDIS,
    "valkey": _REDIS, "redis-stack": "",
}  # fmt: skip
_PORTS: Final = {_POSTGRES: "5432", _REDIS: "6379"}
_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# The servers ask for no password, and Redis even refuses one; where it stood may be no commit's.
_PASSWORD: Final = re.compile(r"(?<=://)(?:([^\s:/@]+):[^\s/@]*(@)|:[^\s/@]*@)")
# initdb and postgres refuse root: there they run as the package's own account.
_POSTGRES_RUN: Final = """\
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)"
as() {{ "$@"; }}
if [ "$(id -u)" -eq 0 ]; then
  as() {{ setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }}
  chown postgres {{data}}
fi
cd {{data}} && as initdb -D db -A trust -U {user} --no-sync >/dev/null || exit
[ {name} = postgres ] || echo 'CREATE DATABASE {name}' | as postgres --single -D db postgres || exit
as postgres -D db -p {{port}} -c unix_socket_directories= -c listen_addresses=127.0.0.1 -c fsync=off
"""
_REDIS_RUN: Final = "redis-server --port {port} --bind 127.0.0.1 --dir {data} --save ''"


@dataclass(frozen=True)
class SeenService:
    """A container: its name, image and environment, and where it stands."""

    name: str
    image: str
    env: Mapping[str, str]
    where: str

    @property
    def kind(self) -> str:
        """What it is, "" for what is not known."""
        return _IMAGES.get(_short(self.image), "")


def seen_services(node: YamlNode) -> Iterator[SeenService]:
    """Yield the rows of a table `services` that name an image."""
    for name, row in node.table.items():
        env = dict(scalars(row.get("env"))) | dict(scalars(row.get("environment")))
        env |= dict(text.split("=", 1) for text in row.get("environment").texts if "=" in text)
        if row.get("image").text:
            yield SeenService(name, row.get("image").text, env, f"{row.path}:{row.line}")


def compose_services(files: ProjectFiles) -> tuple[tuple[SeenService, ...], dict[str, str]]:
    """Return the containers of the compose file with an image, and the environment of the others.

    A service that is built is the application: what it is told is what the tests want to know.
    """
    name = next(filter(files.has, _COMPOSE_FILES), "")
    if not name:
        return (), {}
    node = files.yaml(name).get("services")
    told: dict[str, str] = {}
    for row in node.table.values():
        if row.get("image").text and _IMAGES.get(_short(row.get("image").text)):
            continue
        told |= dict(scalars(row.get("environment")))
        told |= dict(text.split("=", 1) for text in row.get("environment").texts if "=" in text)
    return tuple(seen_services(node)), told


def local_service(
    seen: SeenService, told: Mapping[str, str]
) -> tuple[ProposedService | None, frozenset[str]]:
    """Return the server for a container, None for what is not known, and the variables it sets.

    `told` is the environment of its users: addresses in there become the server's own.
    """
    if seen.kind == _POSTGRES:
        user = seen.env.get("POSTGRES_USER", "postgres")
        name = seen.env.get("POSTGRES_DB", user)
        if not (_PLAIN.fullmatch(user) and _PLAIN.fullmatch(name)):
            return None, frozenset()
        usual = {
            "DATABASE_URL": f"postgresql://{user}@127.0.0.1:{{port}}/{name}",
            "PGHOST": "127.0.0.1", "PGPORT": "{port}", "PGUSER": user, "PGDATABASE": name,
        }  # fmt: skip
        run = _POSTGRES_RUN.format(user=user, name=name)
        ready = f"pg_isready -q -h 127.0.0.1 -p {{port}} -U {user}"
    elif seen.kind == _REDIS:
        usual = {"REDIS_URL": "redis://127.0.0.1:{port}/0"}
        run, ready = _REDIS_RUN, "redis-cli -p {port} ping"
    else:
        return None, frozenset()
    env = _addressed(seen, told)
    table: dict[str, JsonValue] = {"run": run, "ready": ready, "env": {**(env or usual)}}
    return ProposedService(seen.kind, table), frozenset(env)


def unknown_services(seen: Iterable[SeenService]) -> Iterator[str]:
    """Yield a note for each container that is nothing that a machine starts by itself."""
    for row in seen:
        if not row.kind:
            yield f"{row.where}: service {row.name} ({row.image}) is not translated"


def _addressed(seen: SeenService, told: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that say where the server is, with its own address and port.

    A password in an address goes.
    """
    port = _PORTS[seen.kind]
    hosts = {"localhost", "127.0.0.1", "0.0.0.0", seen.name}  # noqa: S104 - it is looked for
    address = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(hosts)))}):{port}\b")
    found: dict[str, str] = {}
    for key, value in told.items():
        if variable_fault(key) or not value.isprintable():
            continue
        if address.search(value):
            found[key] = _PASSWORD.sub(r"\1\2", address.sub("127.0.0.1:{port}", value))
        elif value == port:
            found[key] = "{port}"
        elif value in hosts and _speaks_of(key, seen):
            found[key] = "127.0.0.1"
    return found


def _speaks_of(key: str, seen: SeenService) -> bool:
    words = {_POSTGRES: ("PG", "POSTGRES", "DB", "DATABASE"), _REDIS: ("REDIS",)}[seen.kind]
    return any(word in key.upper() for word in words)


def _short(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[0].partition("@")[0]
