"""A fault in each function that a verdict goes through, one after the other.

`python -m support.faults` in a repository with an accepted HEAD prints the exit code of `localci
verify` by the function that was at fault. It is a process of its own: what a fault leaves behind
is gone with it.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import localci
from localci.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType, FrameType, FunctionType, ModuleType

PACKAGE: Final = str(Path(localci.__file__).parent)
AT_THE_DOOR: Final = frozenset({"localci.cli", "localci.console", "localci.bug_report"})
"""What turns a fault into an exit code, and prints it."""


def _fault(*_: object, **__: object) -> None:
    raise RuntimeError("a fault")


def _no_memory(*_: object, **__: object) -> None:
    raise MemoryError


def _no_key(*_: object, **__: object) -> None:
    raise KeyError("a fault")


def _false(*_: object, **__: object) -> None:
    raise AssertionError


FAULTS: Final = (_fault, _no_memory, _no_key, _false)


def answers() -> dict[str, int]:
    """Return the exit code by each function at fault."""
    found = {}
    for number, function in enumerate(_functions(_codes_called())):
        kept, fault = function.__code__, FAULTS[number % len(FAULTS)]
        function.__code__ = fault.__code__
        try:
            code, _, called = _watched()
        finally:
            function.__code__ = kept
        # Some are called only where another process takes its time.
        if fault.__code__ in called:
            found[f"{function.__module__}.{function.__qualname__}"] = code
    return found


def _verify() -> tuple[int, str]:
    for module in _modules():
        for member in vars(module).values():
            if hasattr(member, "cache_clear"):
                member.cache_clear()
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        code = main(["verify", "--json"])
    return code, output.getvalue()


def _codes_called() -> list[CodeType]:
    """Return the code of localci that a verdict goes through, in order of the first call."""
    code, printed, called = _watched()
    assert (code, '"accepted"' in printed) == (0, True), printed
    return [one for one in called if one.co_filename.startswith(PACKAGE)]


def _watched() -> tuple[int, str, dict[CodeType, None]]:
    """Verify; return what came out, and all code that was called, in order of the first call."""
    called: dict[CodeType, None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called[frame.f_code] = None

    sys.setprofile(note)
    try:
        code, printed = _verify()
    finally:
        sys.setprofile(None)
    return code, printed, called


def _functions(codes: Iterable[CodeType]) -> Iterator[FunctionType]:
    """Yield the functions of modules and classes whose code it is; closures have none to give."""
    known = {f.__code__: f for module in _modules() for f in _defined_in(module)}
    for code in codes:
        function = known.get(code)
        if function is not None and function.__module__ not in AT_THE_DOOR:
            yield function


def _modules() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.startswith("localci.")]


def _defined_in(module: ModuleType) -> Iterator[FunctionType]:
    members = [m for m in vars(module).values() if getattr(m, "__module__", "") == module.__name__]
    for owner in [module, *(m for m in members if inspect.isclass(m))]:
        for member in vars(owner).values():
            bare: Any = getattr(member, "fget", None) or getattr(member, "__func__", member)
            bare = inspect.unwrap(bare) if callable(bare) else bare
            if inspect.isfunction(bare) and not bare.__closure__:
                yield bare


if __name__ == "__main__":
    print(json.dumps(answers()))  # noqa: T201 - the one thing it is for
