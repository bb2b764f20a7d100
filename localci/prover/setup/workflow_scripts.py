"""The script of a `run:` step: what of it installs, what checks, and how a shell here runs it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final

from localci.prover.setup.workflow_expressions import Untranslatable

_CONTROL: Final = re.compile(
    r"(?m)^\s*(?:if|for|while|until|case|function|\{|\()\b|<<|\|\s*$|^\s*[{(]|^\s*[a-z_]+\s*\(\)"
)
_BASH: Final = re.compile(
    r"\[\[|\(\(|<\(|>\(|<<<|\$'|&>|=\(|\bsource\b|\bpipefail\b|\bshopt\b|\bdeclare\b|\blocal\b"
    r"|\bpushd\b|\bpopd\b|\bfunction\b|\bmapfile\b|\$\{[A-Za-z_0-9]+(?:[/^,:@]|\[)"
    r"|\*\*/|\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}|\bset -o\b|\btime\b"
)
_OF_THE_RUNNER: Final = re.compile(r"\$(?:\{)?((?:GITHUB|RUNNER|ACTIONS)_[A-Z_]+)")
_INSTALLS: Final = re.compile(
    r"(?:(?:python[0-9.]*|py) -m )?pip[0-9.]* install\b"
    r"|uv (?:sync|pip install)\b|poetry install\b|pdm (?:install|sync)\b"
    r"|(?:npm|pnpm|bun) (?:ci|install|i)\b|yarn(?: install\b.*)?$|corepack enable"
)
_SYSTEM: Final = re.compile(
    r"(?:sudo |env )*(?:[A-Z_]+=\S+ )*(?:apt|apt-get|aptitude|brew|dnf|yum|apk|snap|choco)\b"
    r"|(?:sudo )|rustup\b|cargo install\b|cargo binstall\b|go install\b|pipx install\b"
    r"|gem install\b"
    r"|uv (?:tool|python) install\b|(?:npm|pnpm) (?:install|i|add) (?:-g|--global)\b"
    r"|poetry config\b|pip config\b|curl .*\|\s*(?:ba)?sh\b"
)
_REACHES_OUT: Final = (
    (re.compile(r"(?m)(?:^|[;&|]\s*)\s*sudo\b"), "uses sudo"),
    (re.compile(r"(?m)(?:^|[;&|(]\s*)\s*gh \w"), "asks GitHub, by `gh`"),
    (re.compile(r"\bgit push\b"), "pushes"),
    (
        re.compile(r"\b(?:twine upload|npm publish|cargo publish|docker push|uv publish)\b"),
        "publishes",
    ),
)
_PLAIN: Final = re.compile(r"[^;&|<>()`$\n]+")
_PYTEST: Final = re.compile(r"(?:python[0-9.]* -m )?(pytest\b.*)")
_PROJECT_ITSELF: Final = re.compile(
    r"(?<!-e)(?<!--editable)\s['\"]?\.(?:/\S*)?(?:\[[^\]]*\])?['\"]?(?=\s|$)"
)


@dataclass(frozen=True)
class Script:
    """A step's lines by what they do: install into the workspace, into the machine, and check."""

    installs: tuple[str, ...]
    of_machine: tuple[str, ...]
    checks: str

    @property
    def copies_project(self) -> bool:
        """Whether an installed copy of the project would outlive the commit."""
        return any("pip" in line and _PROJECT_ITSELF.search(line) for line in self.installs)


def read_script(text: str) -> Script:
    """Return the parts of a script, its expressions filled in. Raises Untranslatable.

    Leading lines that install are taken out of it, as long as it is a plain list of commands.
    """
    if named := _OF_THE_RUNNER.search(text):
        raise Untranslatable(f"needs {named[1]}, which only a runner has")
    lines = _lines(text)
    installs: list[str] = []
    of_machine: list[str] = []
    if _CONTROL.search(text) is None:
        lines = [part for line in lines for part in _parts(line)]
        while lines and (_INSTALLS.match(lines[0]) or _SYSTEM.match(lines[0])):
            line = lines.pop(0)
            (of_machine if _SYSTEM.match(line) else installs).append(line)
    else:
        lines = text.strip("\n").split("\n")
    rest = "\n".join(lines)
    for pattern, why in _REACHES_OUT:
        if pattern.search(rest):
            raise Untranslatable(why)
    for line in installs:
        if "--system" in line:
            raise Untranslatable("installs into the machine's own Python (--system)")
    return Script(tuple(installs), tuple(of_machine), rest)


def shell_command(script: str, shell: str, directory: str, prefix: str) -> str:
    """Return a command for sh that runs a script as GitHub would: it ends at the first failure.

    `prefix` is what has to be set before. Raises Untranslatable for a shell that is none.
    """
    if shell not in {"", "sh", "bash"}:
        raise Untranslatable(f"is written for the shell {shell}")
    quoted = shlex.quote(directory) if directory else ""
    if shell == "bash" or _BASH.search(script):
        options = "-eo pipefail" if shell == "bash" else "-e"
        inner = f"bash {options} -c {shlex.quote(script)}"
        return _before(prefix, f"cd {quoted} && {inner}" if quoted else inner)
    if "\n" not in script:
        return _before(prefix, f"cd {quoted} && {script}" if quoted else script)
    enter = f"cd {quoted}\n" if quoted else ""
    return f"set -e\n{f'{prefix}{chr(10)}' if prefix else ''}{enter}{script}\n"


def pytest_command(script: str) -> str:
    """Return the one command of pytest that a script is, with a report, or ""."""
    match = _PYTEST.fullmatch(script.strip())
    if match is None or _PLAIN.fullmatch(script) is None or "junit" in script:
        return ""
    return f"{match[1]} --junitxml={{reports}}/junit.xml"


def _before(prefix: str, command: str) -> str:
    return f"{prefix}; {command}" if prefix else command


def _lines(text: str) -> list[str]:
    joined = text.replace("\\\n", " ")
    lines = (" ".join(line.split()) if "'" not in line and '"' not in line else line.strip()
             for line in joined.split("\n"))  # fmt: skip
    return [line for line in lines if line and not line.startswith("#")]


def _parts(line: str) -> list[str]:
    """Return the commands of a line `a && b`, where that is all that joins them."""
    is_quoted = "'" in line or '"' in line
    if is_quoted or re.search(r"\|\||;|\|", line):
        return [line]
    return line.split(" && ")
