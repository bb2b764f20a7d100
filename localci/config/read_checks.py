"""Read the tables `[checks.NAME]` and expand their presets, each check by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from localci.config.configuration import OUTPUT, REPORT_KINDS, SEVERITIES, Check, Report
from localci.config.faults import (
    check_name_fault,
    command_fault,
    label_fault,
    service_name_fault,
    variable_fault,
)
from localci.config.paths import path_fault, pattern_fault, search_path_fault
from localci.config.placeholders import without_axes
from localci.config.presets import preset_names, preset_table
from localci.config.read_matrix import read_matrix
from localci.config.read_when import read_when
from localci.config.section import Section
from localci.config.toml_file import nearest_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from localci.config.toml_file import TomlTable

MAX_SECONDS: Final = 7 * 86_400
"""The longest timeout: a week."""
MAX_FRESH: Final = 100 * 365 * 86_400
"""The longest `fresh_for`, in seconds."""
MAX_RETRIES: Final = 5
MAX_WEIGHT: Final = 64

_KEYS: Final = (
    "uses",
    "run",
    "from",
    "report",
    "inputs",
    "timeout",
    "threshold",
    "max_issues",
    "advisory",
    "reads",
    "env",
    "matrix",
    "services",
    "when",
    "runs_on",
    "needs",
    "own_workspace",
    "fresh_for",
    "retries",
    "weight",
    "failed_codes",
    "report_codes",
    "fail_on",
    "artifacts",
    "isolation",
    "install",
    "path",
)
_OF_A_READER: Final = frozenset(  # the rest is its source's
    {"from", "report", "threshold", "max_issues", "fail_on", "advisory", "when"}
)
_BARS: Final = {"threshold": "coverage", "max_issues": "issues", "fail_on": "issues"}
_MAX_EXIT_CODE: Final = 255
_DEFAULTS: Final = Check(name="")


def read_checks(root: Section) -> tuple[Check, ...]:
    """Return the checks in the order in which they are written. Raises UsageError."""
    tables = root.table("checks")
    if not tables.values:
        raise root.error("checks", "has no check; write one, like [checks.tests]")
    return tuple(_read_check(name, tables) for name in tables.values)


def _read_check(name: str, tables: Section) -> Check:
    if problem := check_name_fault(name):
        raise tables.error(name, problem)
    written = tables.table(name)
    written.refuse_unknown(_KEYS)
    section = _expand(written)
    _refuse_command_and_source(section, written)
    check = Check(
        name=name,
        run=section.text("run", fault=command_fault),
        source=section.text("from", fault=check_name_fault),
        report=_read_report(section),
        inputs=_read_inputs(section),
        timeout=section.seconds("timeout", most=MAX_SECONDS) or _DEFAULTS.timeout,
        threshold=section.percentage("threshold"),
        max_issues=section.whole_number("max_issues") or 0,
        advisory=section.boolean("advisory"),
        reads_history=section.choice("reads", ("tree", "history"), "tree") == "history",
        env=section.environment("env", variable_fault),
        needs=_names(section, "needs", check_name_fault),
        services=_names(section, "services", service_name_fault),
        matrix=read_matrix(section),
        when=read_when(section),
        runs_on=_read_runs_on(section),
        own_workspace=section.boolean("own_workspace"),
        fresh_for=section.seconds("fresh_for", most=MAX_FRESH, least=0),
        retries=section.whole_number("retries", most=MAX_RETRIES) or 0,
        weight=section.whole_number("weight", least=1, most=MAX_WEIGHT) or _DEFAULTS.weight,
        failed_codes=_read_exit_codes(section, "failed_codes"),
        report_codes=_read_exit_codes(section, "report_codes"),
        fail_on=section.choice("fail_on", SEVERITIES, _DEFAULTS.fail_on),
        artifacts=_read_artifacts(section),
        isolated=section.choice("isolation", ("auto", "none"), "auto") == "auto",
        install=section.text("install", fault=command_fault),
        path=section.texts("path", fault=lambda text: search_path_fault(without_axes(text))),
    )
    _refuse_idle_bar(written, check.report)
    if check.report_codes and check.report is None:
        raise section.error("report_codes", "needs a `report` that decides")
    return check


def _expand(written: Section) -> Section:
    """Return the table with what its preset fills in."""
    if "uses" not in written.values:
        return written
    name = written.text("uses")
    preset = preset_table(name)
    if preset is None:
        raise written.error(
            "uses", f"names no preset `{name}`; {nearest_name(name, preset_names())}"
        )
    # JSON values are TOML values, but for the null that no preset has.
    filled = cast("TomlTable", preset)
    return Section(written.file, written.path, {**filled, **written.values})


def _refuse_command_and_source(section: Section, written: Section) -> None:
    if "from" not in section.values:
        if "run" not in section.values:
            raise written.file.error(
                written.path, f"check `{written.path[-1]}` has none of `run`, `uses` and `from`"
            )
        return
    for key in written.values:
        if key not in _OF_A_READER:
            raise written.error(key, "has no place beside `from`, which runs nothing itself")
    if "report" not in written.values:
        raise written.error("from", "needs a `report` to read")


def _read_report(section: Section) -> Report | None:
    text = section.text("report", fault=_report_fault)
    form, _, path = text.partition(":")
    return Report(form, path) if text else None


def _report_fault(text: str) -> str:
    form, colon, path = text.partition(":")
    if not colon:
        return 'is not like "junit:junit.xml", a format and a path below {reports}, or -'
    if form not in REPORT_KINDS:
        return f"has no known format `{form}`; {nearest_name(form, REPORT_KINDS)}"
    return "" if path == OUTPUT else path_fault(path)


def _read_exit_codes(section: Section, key: str) -> tuple[int, ...]:
    codes = section.whole_numbers(key, least=1, most=_MAX_EXIT_CODE)
    if key in section.values and not codes:
        raise section.error(key, "is empty; leave it out")
    return codes


def _read_artifacts(section: Section) -> tuple[str, ...]:
    artifacts = section.texts("artifacts", fault=lambda text: pattern_fault(without_axes(text)))
    if "artifacts" in section.values and not artifacts:
        raise section.error("artifacts", "is empty; leave it out")
    return artifacts


def _read_inputs(section: Section) -> tuple[str, ...]:
    inputs = section.texts("inputs", fault=pattern_fault)
    if "inputs" in section.values and not inputs:
        raise section.error("inputs", "is empty; leave it out for the whole tree")
    return inputs


def _read_runs_on(section: Section) -> tuple[str, ...]:
    labels = _names(section, "runs_on", label_fault)
    if "runs_on" in section.values and not labels:
        raise section.error("runs_on", "is empty; leave it out, or the check runs nowhere")
    return labels


def _names(section: Section, key: str, fault: Callable[[str], str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(section.texts(key, fault=fault)))


def _refuse_idle_bar(written: Section, report: Report | None) -> None:
    kind = REPORT_KINDS[report.format] if report else "exit"
    for key, wanted in _BARS.items():
        if key in written.values and kind != wanted:
            example = next(name for name in REPORT_KINDS if REPORT_KINDS[name] == wanted)
            raise written.error(key, f"needs a `report` of {wanted}, like {example}:FILE")
