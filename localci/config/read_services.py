"""Read the tables `[services.NAME]`: what runs beside the checks that use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.configuration import Service
from localci.config.faults import command_fault, service_name_fault, variable_fault
from localci.config.placeholders import unknown_axis

if TYPE_CHECKING:
    from localci.config.section import Section

MAX_READY_SECONDS: Final = 86_400
_KEYS: Final = ("run", "ready", "ready_timeout", "env")
_DEFAULTS: Final = Service(name="", run="")


def read_services(root: Section) -> tuple[Service, ...]:
    """Return the services in the order in which they are written. Raises UsageError."""
    tables = root.table("services")
    return tuple(_read_service(name, tables) for name in tables.values)


def _read_service(name: str, tables: Section) -> Service:
    if problem := service_name_fault(name):
        raise tables.error(name, problem)
    table = tables.table(name)
    table.refuse_unknown(_KEYS)
    if "run" not in table.values:
        raise table.file.error(table.path, f"service `{name}` has no `run`")
    timeout = table.seconds("ready_timeout", most=MAX_READY_SECONDS)
    service = Service(
        name=name,
        run=table.text("run", fault=command_fault),
        ready=table.text("ready", fault=command_fault),
        ready_timeout=_DEFAULTS.ready_timeout if timeout is None else timeout,
        env=table.environment("env", variable_fault),
    )
    for key, texts in _texts(service):
        axis = unknown_axis(" ".join(texts), ())
        if axis is not None:
            raise table.error(key, f"has {{matrix.{axis}}}; one service is for all cells")
    return service


def _texts(service: Service) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("run", (service.run,)),
        ("ready", (service.ready,)),
        ("env", tuple((service.env or {}).values())),
    )
