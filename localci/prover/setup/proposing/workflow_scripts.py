"""The script of a `run:` step: what of it installs, what checks, and how a shell here runs it.

A script is only ever cut at its beginning, between whole commands; what is left of it stays as it
is written, byte by byte.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final

from localci.prover.setup.proposing.workflow_expressions import Untranslatable

_COMMAND: Final = re.compile(
    r"""(?:'[^'\n]*'|"(?:[^"\\`\n]|\\.)*"|\\[^\n]|[^'"\\;|&<>()`#\n]|(?<=\S)\#)+""", re.VERBOSE
)
"""A command with nothing but words: no redirection, pipe, substitution outside of quotes."""
_BASH: Final = re.compile(
    r"\[\[|\(\(|<\(|>\(|<<<|\$'|&>|\|&|=\(|\+=|\bsource\b|\bpipefail\b|\bshopt\b|\bdeclare\b"
    r"|\blocal\b|\blet\b|\bpushd\b|\bpopd\b|\bfunction\b|\bmapfile\b|\bread -|\becho -|%q"
    r"|\$\{!|\$\{[A-Za-z_0-9]+(?:[/^,:@]|\[)|\$RANDOM\b|\bBASH|\$\(<|\bERR\b| == "
    r"|\*\*/|\{[^{}\s,.]*(?:,|\.\.)|\bset -o\b|\btime\b|\becho .*\\"
)
"""What only bash does, or does otherwise than sh: GitHub's shell is bash where it is not said."""
_OF_THE_RUNNER: Final = re.compile(r"\$(?:\{)?((?:GITHUB|RUNNER|ACTIONS)_[A-Z_]+)")
_FOR_THE_RUNNER: Final = re.compile(r"\$\{?(GITHUB_(?:OUTPUT|STEP_SUMMARY))\b")
"""Files that a script writes for the runner: what reads them is not translated."""
_TELLS_THE_RUNNER: Final = re.compile(
    r"""\s*echo\ [^;&|`\n]*
    (?:>>\s*"?\$\{?GITHUB_(?:OUTPUT|STEP_SUMMARY)\b\}?"?|"?::[a-z-]+\b.*)\s*""",
    re.VERBOSE,
)
"""A line that does nothing else."""
_INSTALLS: Final = re.compile(
    r"(?:(?:python[0-9.]*|py) -m )?pip[0-9.]* install\b"
    r"|uv (?:sync|venv|pip install)\b|poetry install\b|pdm (?:install|sync)\b"
    r"|(?:npm|pnpm|bun) (?:ci|install|i)(?![-:\w])|yarn(?: install\b.*)?$|corepack enable"
)
_SYSTEM: Final = re.compile(
    r"(?:sudo (?:-[A-Za-z]+ )*|env )*(?:[A-Z_]+=\S+ )*"
    r"(?:apt|apt-get|aptitude|brew|dnf|yum|apk|snap|choco|add-apt-repository|locale-gen)\b"
    r"|sudo (?:systemctl|service|sysctl|modprobe|update-alternatives)\b"
    r"|rustup (?!run\b)|cargo install\b|cargo binstall\b|go install\b|pipx install\b|gem install\b"
    r"|uv (?:tool|python) install\b|(?:npm|pnpm) (?:install|i|add) (?:-g|--global)\b"
    r"|poetry config\b|pip config\b"
)
_IS_PIP: Final = re.compile(r"\bpip[0-9.]* install\b")
_REACHES_OUT: Final = (
    (re.compile(r"(?m)(?:^|[;&|(])[ \t]*sudo\b"), "uses sudo"),
    (re.compile(r"(?m)(?:^|[;&|(])[ \t]*gh \w"), "asks GitHub, by `gh`"),
    (re.compile(r"\bgit push\b"), "pushes"),
    (
        re.compile(
            r"\btwine upload\b|\b(?:npm|pnpm|yarn|cargo|uv|poetry|pdm|flit|hatch|maturin) publish\b"
            r"|\bdocker push\b|\bdocker\b[^\n]* --push\b|\bgh-deploy\b|\bsemantic-release\b"
            r"|\bgoreleaser release\b|\bnpm run (?:deploy|release)\b"
        ),
        "publishes",
    ),
    (
        re.compile(
            r"(?m)(?:^|[;&|(])[ \t]*(?:kubectl|helm|terraform|pulumi|ansible-playbook|aws|gcloud|az"
            r"|flyctl|heroku|vercel|netlify|ssh|scp|rsync)\b"
        ),
        "works on other machines",
    ),
)
_PYTEST: Final = re.compile(r"(?:python[0-9.]* -m )?pytest\b.*", re.DOTALL)
_PROJECT_ITSELF: Final = re.compile(
    r"(?<!-e)(?<!--editable)\s['\"]?\.(?:/\S*)?(?:\[[^\]]*\])?['\"]?(?=\s|$)"
)
_MOST: Final = 20_000
"""Characters of a script. GitHub itself takes 21,000 of one with an expression."""


@dataclass(frozen=True)
class Script:
    """A step's commands by what they do: install into the workspace, the machine, or check."""

    installs: tuple[str, ...]
    of_machine: tuple[str, ...]
    checks: str

    @property
    def copies_project(self) -> bool:
        """Whether an installed copy of the project would outlive the commit."""
        return any("pip" in line and _PROJECT_ITSELF.search(line) for line in self.installs)

    @property
    def written_for_runner(self) -> frozenset[str]:
        """The variables that name a file of the runner, which is nowhere here."""
        return frozenset(_FOR_THE_RUNNER.findall(self.checks))

    @property
    def needs_python(self) -> bool:
        """Whether what checks installs packages of Python, for which there has to be a place."""
        return _IS_PIP.search(self.checks) is not None


def read_script(text: str, *, is_first: bool = True) -> Script:
    """Return the parts of a script, its expressions filled in. Raises Untranslatable.

    Leading commands that install are taken out of it, those for the workspace only if the step
    `is_first`: what others did before may be what is installed.
    """
    if len(text) > _MOST:
        raise Untranslatable(f"is longer than {_MOST:,} characters")
    if named := _OF_THE_RUNNER.search(_FOR_THE_RUNNER.sub("", text)):
        raise Untranslatable(f"needs {named[1]}, which only a runner has")
    beginning, rest = _beginning(text, is_first=is_first)
    if all(map(_TELLS_THE_RUNNER.fullmatch, filter(None, rest.split("\n")))):
        rest = ""
    for pattern, why in _REACHES_OUT:
        if pattern.search(rest):
            raise Untranslatable(why)
    of_machine = tuple(command for command in beginning if _SYSTEM.match(command))
    installs = tuple(command for command in beginning if command not in of_machine)
    for option in ("--system", "--user"):
        if any(option in command.split() for command in installs):
            raise Untranslatable(f"installs elsewhere than into an environment ({option})")
    return Script(installs, of_machine, rest)


def shell_of(named: str) -> str:
    """Return the name of a step's shell. Raises Untranslatable for one that is none of sh's kin."""
    if named not in {"", "sh", "bash"}:
        raise Untranslatable(f"is written for the shell {named}")
    return named


def shell_command(script: str, shell: str, directory: str, prefix: str) -> str:
    """Return a command for sh that runs a script as GitHub would: it ends at the first failure.

    `prefix` is what has to be set before.
    """
    quoted = shlex.quote(directory) if directory else ""
    if shell == "bash" or (shell != "sh" and _BASH.search(script)):
        options = "-eo pipefail" if shell == "bash" else "-e"
        inner = f"bash {options} -c {shlex.quote(script)}"
        return _before(prefix, f"cd {quoted} && {inner}" if quoted else inner)
    if _commands(script) is not None:
        return _before(prefix, f"cd {quoted} && {script}" if quoted else script)
    enter = f"cd {quoted}\n" if quoted else ""
    return f"set -e\n{f'{prefix}{chr(10)}' if prefix else ''}{enter}{script}\n"


def pytest_command(script: str) -> str:
    """Return the one command of pytest that a script is, with a report, or ""."""
    commands = _commands(script) or ()
    if len(commands) != 1 or not _PYTEST.fullmatch(commands[0]):
        return ""
    if "`" in script or "$" in script or "junit" in script or "--co" in script.split():
        return ""
    return f"{commands[0]} --junitxml={{reports}}/junit.xml"


def _beginning(text: str, *, is_first: bool) -> tuple[list[str], str]:
    """Return the commands with which a script begins that install, and what is left of it."""
    lines = text.strip("\n").split("\n")
    found: list[str] = []
    while lines:
        line, count = _whole_line(lines)
        commands = _commands(line)
        if commands is None:
            break
        left = list(commands)
        while left and (_SYSTEM.match(left[0]) or (is_first and _INSTALLS.match(left[0]))):
            found.append(left.pop(0))
        if left:
            if len(left) < len(commands):
                lines[:count] = [" && ".join(left)]
            break
        del lines[:count]
    return found, "\n".join(lines).rstrip()


def _before(prefix: str, command: str) -> str:
    return f"{prefix}; {command}" if prefix else command


def _whole_line(lines: list[str]) -> tuple[str, int]:
    """Return the first line with those that continue it, and how many these are."""
    count = 1
    while count < len(lines) and lines[count - 1].endswith("\\"):
        count += 1
    return " ".join(line.removesuffix("\\").strip() for line in lines[:count]), count


def _commands(line: str) -> tuple[str, ...] | None:
    """Return the commands of a line `a && b  # comment`, None where there is more to it."""
    found: list[str] = []
    position = 0
    while match := _COMMAND.match(line, position):
        if command := match[0].strip():
            found.append(command)
        position = match.end()
        if not line.startswith("&&", position):
            break
        position += 2
    rest = line[position:]
    is_whole = not rest or (rest.startswith("#") and "\n" not in rest)
    return tuple(found) if is_whole and not line.rstrip().endswith("&&") else None
