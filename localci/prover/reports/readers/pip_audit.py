"""pip-audit's own JSON (https://github.com/pypa/pip-audit#usage, `--format json`).

What pip-audit *skipped* it knows nothing about, and still calls the whole free of vulnerabilities:
a skipped package is no verdict. Only what is installed as editable, the project's own code, is
rightly in no database.

pip-audit tells no severity. What speaks of the execution of code, of the escalation of privileges
or of injection is critical, and so is what has no description; everything else is medium.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import Findings
from localci.prover.reports.json_report import list_of, load_object, object_of

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

# pip_audit._dependency_source, pip.py and requirement.py, in 2.10.
_EDITABLE: Final = ("distribution marked as editable", "requirement marked as editable")
# Nothing; "N/A", which pip-audit writes for none (pip_audit/_service/osv.py); and the summary of
# older advisories that only names the package, like "Vulnerability in ansible".
_NO_DESCRIPTION: Final = re.compile(r"(?:n a)?|vulnerability in [a-z0-9]+(?: [a-z0-9]+){0,2}")

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?", re.ASCII)
_VERSION: Final = re.compile(r"[A-Za-z0-9.!+_-]{1,200}", re.ASCII)
_NO_WORDS: Final = re.compile(r"[^a-z0-9]+")
# Of words with one blank between them. Each gap is bounded, so the search is linear.
_CRITICAL: Final = re.compile(
    r"\b(?:"
    r"rce"
    r"|inject\w*"
    r"|escalat\w*"
    r"|sandbox(?:es|ed|ing)?"
    r"|deseriali[sz]\w*"
    r"|unpickl\w*"
    r"|(?:code|command|script)s? execution"
    r"|(?:execut|evaluat|run|runs|running|invok)\w* (?:\w+ ){0,4}"
    r"(?:code|commands?|scripts?|expressions?|programs?|executables?|binar(?:y|ies)|javascript)"
    r"|arbitrary (?:\w+ ){0,2}(?:code|commands?|scripts?|expressions?|javascript)"
    r"|(?:elevat|gain|obtain|acquir)\w* (?:\w+ ){0,4}(?:privileg\w*|root)"
    r"|privileg\w* (?:\w+ ){0,2}elevat\w*"
    r")\b"
)


def read(report: ReportFile) -> Reading:
    """Return what is known of each package, and how many were looked up. Raises ReportError.

    A finding's rule is the advisory's id, and its file the package with its version.
    """
    document = load_object(report)
    if "dependencies" not in document:
        raise report.wrong("not pip-audit's JSON: it has no dependencies")
    if list_of(report, document.get("fixes"), "fixes"):
        raise report.wrong("the packages were changed (--fix), so it does not say what they are")
    dependencies = list_of(report, document["dependencies"], "dependencies")
    if not dependencies:
        raise report.wrong("pip-audit found no package to audit")
    findings = Findings(None)
    checked = sum(
        _add(report, findings, object_of(report, value, f"dependencies[{number}]"))
        for number, value in enumerate(dependencies)
    )
    return findings.reading(report.fail_on, {"packages.checked": checked})


def severity_of(description: str) -> str:
    """Return how grave an advisory is, by the words of its description."""
    words = _NO_WORDS.sub(" ", description.lower()).strip()
    is_critical = _NO_DESCRIPTION.fullmatch(words) or _CRITICAL.search(words)
    return "critical" if is_critical else "medium"


def _add(report: ReportFile, findings: Findings, dependency: ReportObject) -> bool:
    """Add a package's findings; tell whether it was looked up."""
    name = dependency.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise report.wrong("a dependency has no name")
    if "skip_reason" in dependency:
        if dependency["skip_reason"] not in _EDITABLE:
            raise report.wrong(f"{name} was skipped: pip-audit knows nothing about it")
        return False
    version = dependency.get("version")
    if not isinstance(version, str) or _VERSION.fullmatch(version) is None:
        raise report.wrong(f"{name} has no version")
    for value in list_of(report, dependency.get("vulns"), f"vulns of {name}"):
        vulnerability = object_of(report, value, f"vulns of {name}")
        identity, description = vulnerability.get("id"), vulnerability.get("description", "")
        if not isinstance(identity, str) or not identity or not isinstance(description, str):
            raise report.wrong(f"a vulnerability of {name} has no id, or no text as description")
        findings.add(severity_of(description), identity, f"{name} {version}")
    return True
