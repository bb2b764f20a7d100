"""The checks as the trust commit defines them, so that a change cannot weaken its own judge."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from localci.config.configuration_file import find_configuration
from localci.config.definition import definition, reads_history
from localci.errors import PolicyError, UsageError
from localci.verifier.evidence import TrustedCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.config.policy import Policy
    from localci.formats.strict_json import JsonObject


def trusted_checks(
    read_file: Callable[[str], bytes | None], policy: Policy
) -> Mapping[str, TrustedCheck]:
    """Return the required checks as the trust commit defines them; others are left out.

    Raises PolicyError where the policy compares with a configuration that cannot be read.
    """
    try:
        tables = find_configuration(read_file).tables
    except UsageError as error:
        if not policy.checks_from_base:
            return MappingProxyType({})
        raise PolicyError("policy-invalid", f"at the trust commit: {error}") from None
    found = {name: _trusted_check(tables, name) for name in policy.requirements}
    return MappingProxyType({name: check for name, check in found.items() if check is not None})


def _trusted_check(tables: JsonObject, name: str) -> TrustedCheck | None:
    defined = definition(tables, name)
    return None if defined is None else TrustedCheck(defined, reads_history(tables, name))
