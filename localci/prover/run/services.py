"""The services of a run: started once, on free ports, awaited, ended with the run (design 3.1).

A port is asked of the kernel and free when the service starts; where something else was quicker,
the service ends before it is ready and is started anew on another.
"""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import clip
from localci.directories import explained
from localci.prover.process.command import Command, Span
from localci.prover.run.events import ServiceReady, ServiceStarted
from localci.prover.run.site import fill, fill_shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localci.config.configuration import Service
    from localci.prover.process.command import Ended
    from localci.prover.process.running import RunningCommand
    from localci.prover.run.crew import Crew
    from localci.prover.run.events import View
    from localci.prover.run.site import Site

MOST_STARTS: Final = 3
_PAUSE: Final = 0.1
"""Seconds between two questions whether a service is ready."""
_LONGEST: Final = 200
_SOCKETS: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTEN: Final = "0A"


@dataclass(frozen=True)
class _Running:
    """A service under way: its command and, while it is not ready, what asks whether it is."""

    service: Service
    port: int
    starts: int
    command: RunningCommand
    started: float
    probe: RunningCommand | None = None
    next_probe: float = 0.0
    ready: bool = False
    listened: bool = False

    @property
    def data(self) -> str:
        return f"{self.service.name}-{self.starts}"


class Services:
    """The services of one run, driven by the run's loop."""

    def __init__(self, services: Iterable[Service], site: Site, crew: Crew, view: View) -> None:
        self._services = {service.name: service for service in services}
        self._site, self._crew, self._view = site, crew, view
        self._running: dict[str, _Running] = {}
        self._faults: dict[str, str] = {}

    def want(self, names: Iterable[str]) -> None:
        """Start those of the services that do not run yet."""
        for name in names:
            if name not in self._running and name not in self._faults:
                self._start(self._services[name], starts=1)

    def are_ready(self, names: Iterable[str]) -> bool:
        """Tell whether all of them can be used."""
        return all(name in self._running and self._running[name].ready for name in names)

    def fault_of(self, names: Iterable[str]) -> tuple[str, Path | None]:
        """Say why one of them cannot be used, and where its log is; empty where none has failed."""
        for name in names:
            if name in self._faults:
                return self._faults[name], self._log(name)
        return "", None

    def fault_now(self, names: Iterable[str]) -> str:
        """Say why one of them cannot be used any more; empty where all can.

        Whoever used one that died may be heard of before it is.
        """
        fault, _ = self.fault_of(names)
        if fault:
            return fault
        for name in names:
            running = self._running.get(name)
            if running is not None and running.listened and not _has_listener(running.port):
                return f"service {name} does not listen any more"
        return ""

    def environment(self, names: Iterable[str]) -> dict[str, str]:
        """Return the variables that the services give to a check that uses them."""
        given: dict[str, str] = {}
        for name in names:
            values = self._values(self._running[name])
            table = self._running[name].service.env or {}
            given |= {key: fill(text, values) for key, text in table.items()}
        return given

    def end(self) -> None:
        """End all of them at once; who wants one later gets a new one."""
        for running in self._running.values():
            self._crew.end(running.command)
            if running.probe is not None:
                self._crew.end(running.probe)
        self._running.clear()

    def take(self, ended: Iterable[tuple[RunningCommand, Ended]]) -> None:
        """Take note of commands that have ended; those of checks are none of ours."""
        for command, result in ended:
            for name, running in tuple(self._running.items()):
                if command is running.command:
                    self._has_ended(name, running, result)
                elif command is running.probe:
                    self._was_probed(name, running, result)

    def advance(self) -> None:
        """Ask those that are not ready yet, where it is time to."""
        now = time.monotonic()
        for name, running in tuple(self._running.items()):
            if running.ready or running.probe is not None or now < running.next_probe:
                continue
            if now - running.started > running.service.ready_timeout:
                seconds = running.service.ready_timeout
                self._crew.spans.append(Span(running.command.began, now))
                self._give_up(name, running, f"is not ready after {seconds:g} s (ready_timeout)")
            elif running.service.ready:
                self._probe(name, running)
            elif _listens(running.port):
                self._is_ready(name, running)
            else:
                self._running[name] = replace(running, next_probe=now + _PAUSE)

    def _start(self, service: Service, starts: int) -> None:
        log = self._log(service.name)
        port = _free_port()
        data = self._site.temporary / "services" / f"{service.name}-{starts}"
        with explained(str(data)):
            data.mkdir(parents=True)
        values = {"port": str(port), "data": str(data)}
        command = self._crew.start(self._command(service.run, values, log), self._site.isolation)
        self._running[service.name] = _Running(service, port, starts, command, time.monotonic())
        self._view.tell(ServiceStarted(service.name, str(log)))

    def _probe(self, name: str, running: _Running) -> None:
        log = self._site.logs / f"_ready-{name}.log"
        left = running.service.ready_timeout - (time.monotonic() - running.started)
        command = replace(
            self._command(running.service.ready, self._values(running), log),
            timeout=max(_PAUSE, left),
            grace=0.5,
        )
        probe = self._crew.start(command, self._site.isolation)
        self._running[name] = replace(running, probe=probe)

    def _was_probed(self, name: str, running: _Running, result: Ended) -> None:
        if result.exit_code == 0 and not result.fault:
            self._is_ready(name, running)
        else:
            later = time.monotonic() + _PAUSE
            self._running[name] = replace(running, probe=None, next_probe=later)

    def _is_ready(self, name: str, running: _Running) -> None:
        now = time.monotonic()
        listened = _has_listener(running.port)
        self._running[name] = replace(running, probe=None, ready=True, listened=listened)
        self._crew.spans.append(Span(running.command.began, now))
        self._view.tell(ServiceReady(name, now - running.started))

    def _has_ended(self, name: str, running: _Running, result: Ended) -> None:
        if not running.ready:
            self._crew.spans.append(result.span)
        if not running.ready and running.starts < MOST_STARTS and not result.fault:
            self._start(running.service, running.starts + 1)
            return
        last = f": {clip(result.last_line, _LONGEST)}" if result.last_line else ""
        how = result.fault or f"ended with exit code {result.exit_code}{last}"
        self._give_up(name, running, how)

    def _give_up(self, name: str, running: _Running, why: str) -> None:
        with contextlib.suppress(OSError):
            running.command.stop()
        del self._running[name]
        self._faults[name] = f"service {name} {why}"

    def _command(self, line: str, values: Mapping[str, str], log: Path) -> Command:
        return Command(
            line=fill_shell(line, values),
            directory=self._site.workspace.path,
            environment=self._site.environment,
            timeout=None,
            log=log,
            inherited=(self._site.workspace.lock,),
        )

    def _values(self, running: _Running) -> dict[str, str]:
        data = self._site.temporary / "services" / running.data
        return {"port": str(running.port), "data": str(data)}

    def _log(self, name: str) -> Path:
        return self._site.logs / f"_service-{name}.log"


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def _has_listener(port: int) -> bool:
    """Tell by the kernel's tables (proc(5)) whether anybody listens there; False without them.

    To connect would disturb a service that takes one client, and wait for one that hangs.
    """
    for table in _SOCKETS:
        with contextlib.suppress(OSError), table.open(encoding="ascii") as rows:
            for row in rows:
                _, address, _, state, *_ = row.split()
                if state == _LISTEN and int(address.rpartition(":")[2], 16) == port:
                    return True
    return False


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        asked.settimeout(1.0)
        return asked.connect_ex(("127.0.0.1", port)) == 0
