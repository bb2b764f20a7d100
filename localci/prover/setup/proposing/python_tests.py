"""What a Python project's settings say of its tests: plugins that they need, and a coverage bar."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.config.toml_file import TomlValue
    from localci.prover.setup.proposing.python_tools import PythonProject

_ALL: Final = 100
_FAIL_UNDER: Final = re.compile(r"--cov-fail-under[= ]([0-9]{1,3}(?:\.[0-9]+)?)")
_NEEDED_BY_OPTIONS: Final = (
    (re.compile(r"(?:^|\s)-n(?:\s|=|\d|auto)"), "pytest-xdist"),
    (re.compile(r"(?:^|\s)--cov\b"), "pytest-cov"),
    (re.compile(r"(?:^|\s)--timeout\b"), "pytest-timeout"),
    (re.compile(r"(?:^|\s)--benchmark-"), "pytest-benchmark"),
    (re.compile(r"(?:^|\s)--randomly-|-p randomly"), "pytest-randomly"),
    (re.compile(r"(?:^|\s)--asyncio-mode\b"), "pytest-asyncio"),
)
"""Options in pytest's configuration, and the plugin that knows them."""
_NEEDED_BY_KEYS: Final = {
    "timeout": "pytest-timeout",
    "asyncio_mode": "pytest-asyncio",
    "asyncio_default_fixture_loop_scope": "pytest-asyncio",
    "trio_mode": "pytest-trio",
    "DJANGO_SETTINGS_MODULE": "pytest-django",
}
"""Other keys there, and the plugin that has them."""
_INI: Final = (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))
_MOST_PATTERNS: Final = 20


def needed_plugins(project: PythonProject) -> tuple[str, ...]:
    """Return the plugins of pytest without which its settings are refused."""
    options = _pytest_options(project)
    needed = [plugin for option, plugin in _NEEDED_BY_OPTIONS if option.search(options)]
    needed += [plugin for key, plugin in _NEEDED_BY_KEYS.items() if _setting(project, key)]
    return tuple(dict.fromkeys(needed))


def named_test_files(project: PythonProject) -> re.Pattern[str] | None:
    """Return what the files of tests are called where the project names them otherwise."""
    patterns = " ".join(_setting(project, "python_files")).split()[:_MOST_PATTERNS]
    if not patterns:
        return None
    return re.compile(rf"\A(?:{'|'.join(map(fnmatch.translate, patterns))})")


def coverage_bar(project: PythonProject) -> float | None:
    """Return the bar that the project has set itself, if pytest can measure against it."""
    options = _pytest_options(project)
    if "pytest-cov" not in project.dependencies.names and "--cov" not in options:
        return None
    files = project.files
    bar: TomlValue = (project.tool("coverage", "report") or {}).get("fail_under", "")
    for name, section in (
        (".coveragerc", "report"),
        ("setup.cfg", "coverage:report"),
        ("tox.ini", "coverage:report"),
    ):
        bar = bar or files.ini(name).get(section, "fail_under", fallback="") or ""
    option = _FAIL_UNDER.search(options)
    return _percentage(bar or (option[1] if option else ""))


def _percentage(value: TomlValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number <= _ALL else None


def _pytest_options(project: PythonProject) -> str:
    """Return what the project adds to pytest's command line, wherever it says so."""
    return " ".join(" ".join(_setting(project, "addopts")).split())


def _setting(project: PythonProject, key: str) -> list[str]:
    """Return the values of a key of pytest's settings, wherever it stands."""
    written = (project.tool("pytest", "ini_options") or {}).get(key, "")
    texts = [" ".join(map(str, written)) if isinstance(written, list) else str(written)]
    for name, section in _INI:
        texts.append(project.files.ini(name).get(section, key, fallback="") or "")
    return [text for text in texts if text]
