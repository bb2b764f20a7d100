"""How a required check gets into what GitHub has in force for a branch. Pure.

In this order: it stands there already; only its app is another; a ruleset, else a branch
protection, of this branch alone takes it up; a ruleset of its own is made. What covers other
branches too is left alone: there nobody writes this check, so nothing could be merged any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import UsageError
from localci.forge.json_path import at, list_at, number_at, text_at
from localci.forge.settings.change import Advice, Change, Standing, app_name
from localci.forge.settings.shown import check_lines, difference, rule_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.forge.json_path import JsonValue
    from localci.forge.settings.change import Step, Wanted
    from localci.forge.settings.github_branch import BranchRules

    Rules = list[JsonValue]

OWN_RULESET: Final = "localci"
ANY_APP: Final = -1
"""What is written to branch protection for a check of any app; it is read as null."""

_WRITTEN: Final = ("name", "target", "enforcement", "bypass_actors", "conditions", "rules")
_CHECKS: Final = "required_status_checks"
_REVIEWS: Final = "pull_request"
_OWNERS: Final = "require_code_owner_review"
_DEFAULT: Final = "~DEFAULT_BRANCH"


class _Required(NamedTuple):
    """A required check, and the app that has to write it; None for any."""

    name: str
    app: int | None


def merge(found: BranchRules, wanted: Wanted) -> tuple[Step, ...]:
    """Return what is to be done for the wanted check, and what is as it should be.

    Raises UsageError where a ruleset stands in the way that people have to look at.
    """
    edited: dict[int, Rules] = {}
    steps = [_require(found, wanted, edited), *_review(found, wanted, edited)]
    changes = [_rewritten(found, number, rules) for number, rules in sorted(edited.items())]
    return (*changes, *(step for step in steps if step is not None))


def _require(found: BranchRules, wanted: Wanted, edited: dict[int, Rules]) -> Step | None:
    """Return the step that requires the check; None where it went into `edited`."""
    met = next((check for check in _all_required(found) if _is_met(check, wanted)), None)
    if met is not None:
        what = f"{found.branch} requires the check {wanted.check} from {app_name(met.app)}"
        return Standing(what)
    for ruleset in found.rulesets:
        rules = list_at(ruleset, "rules")
        if any(_entries(rule, wanted.check) for rule in rules):
            edited[number_at(ruleset, "id")] = _pinned(rules, wanted)
            return None
    if any(check.name == wanted.check for check in _of_protection(found)):
        return _protected(found, wanted)
    return _add(found, wanted, edited)


def _add(found: BranchRules, wanted: Wanted, edited: dict[int, Rules]) -> Step | None:
    own = [ruleset for ruleset in found.rulesets if _covers_only(ruleset, found)]
    with_checks = [ruleset for ruleset in own if _has_rule(ruleset, _CHECKS)]
    if not with_checks and found.protection is not None and found.pattern == found.branch:
        return _protected(found, wanted)
    chosen = next(iter(with_checks or own), None)
    if chosen is None:
        return _new_ruleset(found, wanted)
    edited[number_at(chosen, "id")] = _with_check(list_at(chosen, "rules"), wanted)
    return None


def _review(
    found: BranchRules, wanted: Wanted, edited: dict[int, Rules]
) -> Iterator[Standing | Advice]:
    """Yield what is said of reviews by code owners; put them into `edited` where it is wanted."""
    asking = [ruleset for ruleset in found.rulesets if _has_rule(ruleset, _REVIEWS)]
    if any(
        at(rule, "parameters", _OWNERS) is True
        for rule in found.in_force
        if text_at(rule, "type") == _REVIEWS
    ):
        yield Standing(f"{found.branch} requires reviews by the code owners")
    elif asking and not wanted.code_owners:
        yield Advice(
            f"the ruleset {_name(asking[0])} asks for pull requests, and not for code owners",
            then="`localci forge setup --require-code-owners`",
        )
    elif wanted.code_owners:
        usable = [ruleset for ruleset in asking if _covers_only(ruleset, found)]
        for ruleset in usable[:1]:
            number = number_at(ruleset, "id")
            rules = edited.get(number, list_at(ruleset, "rules"))
            edited[number] = [_reviewed(rule) for rule in rules]
        if not usable:
            yield Advice(
                f"no ruleset for {found.branch} alone asks for pull requests, so none can ask for "
                "reviews by code owners",
                then="Settings, Rules: add `Require a pull request before merging`",
            )


def _rewritten(found: BranchRules, number: int, rules: Rules) -> Change:
    """Return the writing back of a ruleset with all that was read of it, and other rules."""
    ruleset = next(one for one in found.rulesets if number_at(one, "id") == number)
    whole = ruleset if isinstance(ruleset, dict) else {}
    body: dict[str, JsonValue] = {key: whole[key] for key in _WRITTEN if key in whole}
    return Change(
        f"ruleset {_name(ruleset)} (id {number}), for {found.branch}",
        difference(rule_lines(list_at(ruleset, "rules")), rule_lines(rules)),
        "PUT",
        f"/repos/{found.repository}/rulesets/{number}",
        {**body, "rules": rules},
        before=ruleset,
    )


def _protected(found: BranchRules, wanted: Wanted) -> Change:
    checks = _protection_checks(found)
    ours: JsonValue = {"context": wanted.check, "app_id": wanted.pin}
    others = [check for check in checks if text_at(check, "context") != wanted.check]
    place = next((n for n, check in enumerate(checks) if check not in others), len(checks))
    after = [*others[:place], ours, *others[place:]]
    return Change(
        f"branch protection of {found.branch}",
        difference(check_lines(checks, "app_id"), check_lines(after, "app_id")),
        "PATCH",
        found.protection_path,
        {"checks": [_written_back(check) for check in after]},
        before=found.protection,
    )


def _protection_checks(found: BranchRules) -> Rules:
    """Return the checks that branch protection requires.

    What only the older list of names has is one of any app: to write without it would remove it.
    """
    checks = list_at(found.protection, "checks")
    known = {text_at(check, "context") for check in checks}
    older = [name for name in list_at(found.protection, "contexts") if isinstance(name, str)]
    loose: Rules = [{"context": name, "app_id": None} for name in older if name not in known]
    return [*checks, *loose]


def _written_back(check: JsonValue) -> JsonValue:
    app = at(check, "app_id")
    return {
        "context": text_at(check, "context"),
        "app_id": ANY_APP if app is None else app,
    }


def _new_ruleset(found: BranchRules, wanted: Wanted) -> Change:
    name = OWN_RULESET if found.is_default else f"{OWN_RULESET} {found.branch}"
    enforcement = dict(found.names).get(name)
    if enforcement is not None:
        raise UsageError(
            f"the ruleset {name} of {found.repository} does not hold for {found.branch}"
            + ("" if enforcement == "active" else f": it is {_enforcement(enforcement)}"),
            then="Settings, Rules: make it active for that branch, or rename it",
        )
    include = _DEFAULT if found.is_default else f"refs/heads/{found.branch}"
    rules = _with_check([], wanted)
    return Change(
        f"ruleset {name} (new), for {found.branch}",
        difference((), rule_lines(rules)),
        "POST",
        f"/repos/{found.repository}/rulesets",
        {
            "name": name,
            "target": "branch",
            "enforcement": "active",
            "bypass_actors": [],
            "conditions": {"ref_name": {"include": [include], "exclude": []}},
            "rules": rules,
        },
    )


def _with_check(rules: Rules, wanted: Wanted) -> Rules:
    """Return rules that require the check besides all that they required."""
    ours: JsonValue = {"context": wanted.check, "integration_id": wanted.pin}
    if not any(text_at(rule, "type") == _CHECKS for rule in rules):
        parameters: JsonValue = {"strict_required_status_checks_policy": False, _CHECKS: [ours]}
        return [*rules, {"type": _CHECKS, "parameters": parameters}]
    first = next(rule for rule in rules if text_at(rule, "type") == _CHECKS)
    both = [*list_at(first, "parameters", _CHECKS), ours]
    return [_with_checks(rule, both) if rule is first else rule for rule in rules]


def _with_checks(rule: JsonValue, checks: Rules) -> JsonValue:
    return {**_fields(rule), "parameters": {**_parameters(rule), _CHECKS: checks}}


def _pinned(rules: Rules, wanted: Wanted) -> Rules:
    """Return rules of which one entry for the check names the app; the rest is as it was."""
    entries = [check for rule in rules for check in _entries(rule, wanted.check)]
    loose = [check for check in entries if not number_at(check, "integration_id")]
    chosen = (loose or entries)[0]

    def pin(check: JsonValue) -> JsonValue:
        return {**_fields(check), "integration_id": wanted.pin} if check is chosen else check

    return [
        _with_checks(rule, [pin(check) for check in list_at(rule, "parameters", _CHECKS)])
        if text_at(rule, "type") == _CHECKS
        else rule
        for rule in rules
    ]


def _reviewed(rule: JsonValue) -> JsonValue:
    if text_at(rule, "type") != _REVIEWS:
        return rule
    return {**_fields(rule), "parameters": {**_parameters(rule), _OWNERS: True}}


def _entries(rule: JsonValue, name: str) -> Rules:
    checks = list_at(rule, "parameters", _CHECKS) if text_at(rule, "type") == _CHECKS else []
    return [check for check in checks if text_at(check, "context") == name]


def _all_required(found: BranchRules) -> Iterator[_Required]:
    for rule in found.in_force:
        yield from _of_rule(rule)
    yield from _of_protection(found)


def _of_rule(rule: JsonValue) -> Iterator[_Required]:
    if text_at(rule, "type") == _CHECKS:
        for check in list_at(rule, "parameters", _CHECKS):
            yield _Required(text_at(check, "context"), number_at(check, "integration_id") or None)


def _of_protection(found: BranchRules) -> Iterator[_Required]:
    for check in _protection_checks(found):
        app = number_at(check, "app_id")
        yield _Required(text_at(check, "context"), app if app > 0 else None)


def _is_met(check: _Required, wanted: Wanted) -> bool:
    return check.name == wanted.check and check.app is not None and wanted.app in {0, check.app}


def _covers_only(ruleset: JsonValue, found: BranchRules) -> bool:
    """Tell whether a ruleset is for this branch and no other."""
    mine = {f"refs/heads/{found.branch}"} | ({_DEFAULT} if found.is_default else set())
    included = list_at(ruleset, "conditions", "ref_name", "include")
    return bool(included) and all(pattern in mine for pattern in included)


def _has_rule(ruleset: JsonValue, kind: str) -> bool:
    return any(text_at(rule, "type") == kind for rule in list_at(ruleset, "rules"))


def _name(ruleset: JsonValue) -> str:
    return f'"{text_at(ruleset, "name")}"'


def _enforcement(word: str) -> str:
    return {"evaluate": "only evaluated", "disabled": "disabled"}.get(word, word)


def _fields(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _parameters(rule: JsonValue) -> dict[str, JsonValue]:
    return _fields(at(rule, "parameters"))
