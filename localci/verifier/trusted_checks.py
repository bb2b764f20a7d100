"""The checks as a commit defines them: the trust commit's, and those of the tree under test.

A change cannot weaken its own judge: what it defines counts only where somebody approved of it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from localci.config.configuration_file import (
    CONFIGURATION_FILE,
    PYPROJECT_FILE,
    find_configuration,
)
from localci.config.definition import definition, reads_history
from localci.errors import PolicyError, UsageError
from localci.verifier.evidence import TrustedCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.config.policy import Policy
    from localci.formats.strict_json import JsonObject
    from localci.git.tree_files import TreeFiles


def trusted_checks(
    read_file: Callable[[str], bytes | None], policy: Policy
) -> Mapping[str, TrustedCheck]:
    """Return the required checks as the trust commit defines them; others are left out.

    Raises PolicyError where the policy compares with a configuration that cannot be read.
    """
    try:
        return _defined_checks(read_file, policy)
    except UsageError as error:
        if not policy.checks_from_base:
            return MappingProxyType({})
        raise PolicyError("policy-invalid", f"at the trust commit: {error}") from None


def own_checks(
    tested: TreeFiles, trusted: TreeFiles, known: Mapping[str, TrustedCheck], policy: Policy
) -> Mapping[str, TrustedCheck]:
    """Return the required checks as the tested tree defines them; none where it cannot be read.

    `known` are those of the trusted tree.
    """
    files = (CONFIGURATION_FILE, PYPROJECT_FILE)
    if all(tested.find(path) == trusted.find(path) for path in files):
        return known
    try:
        return _defined_checks(tested.read, policy)
    except UsageError:
        return MappingProxyType({})


def _defined_checks(
    read_file: Callable[[str], bytes | None], policy: Policy
) -> Mapping[str, TrustedCheck]:
    tables = find_configuration(read_file).tables
    found = {item.name: _defined_check(tables, item.name) for item in policy.all_requirements}
    return MappingProxyType({name: check for name, check in found.items() if check is not None})


def _defined_check(tables: JsonObject, name: str) -> TrustedCheck | None:
    defined = definition(tables, name)
    return None if defined is None else TrustedCheck(defined, reads_history(tables, name))
