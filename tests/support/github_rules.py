"""What the GitHub of the tests knows of branches: rulesets and branch protection."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from support.github_wire import Reply, listed, message
from support.openapi_description import filled

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.github_wire import Request

    Json = dict[str, Any]

_KEPT: Final = ("name", "target", "enforcement", "bypass_actors", "conditions", "rules")
_API: Final = "https://api.github.test"


@dataclass
class Rules:
    """Rulesets in the order of creation; protection by branch, as GitHub answers it.

    `patterns` holds the pattern of a protection where it is not the branch itself.
    """

    repository: str
    default_branch: str
    rulesets: list[Json] = field(default_factory=list)
    protection: dict[str, Json] = field(default_factory=dict)
    patterns: dict[str, str] = field(default_factory=dict)
    _writes: int = 0

    def add_ruleset(self, name: str, *rules: Json, **changes: Any) -> Json:
        """Add an active ruleset of the repository for its default branch."""
        ruleset = {
            "id": len(self.rulesets) + 1,
            "name": name,
            "target": "branch",
            "source_type": "Repository",
            "source": self.repository,
            "enforcement": "active",
            "bypass_actors": [],
            "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
            "rules": list(rules),
            **changes,
        }
        self.rulesets.append(ruleset)
        self._touch(ruleset)
        return ruleset

    def protect(self, branch: str, checks: list[Json] | None, **more: Json) -> Json:
        """Protect a branch, with required checks or, for None, without that rule."""
        self.protection[branch] = {"url": f"{_API}/{branch}", "enabled": True, **more}
        if checks is not None:
            self.protection[branch]["required_status_checks"] = self._policy(branch, checks)
        return self.protection[branch]

    def answer(self, request: Request, path: str, *, administers: bool) -> Reply:
        """Answer a request; who does not administer does not see who may bypass a ruleset."""
        for method, pattern, handle in _ROUTES:
            match = re.fullmatch(pattern, path)
            if method == request.method and match:
                reply = handle(self, request, unquote(match[1]) if match.groups() else "")
                if isinstance(reply.body, dict) and not administers:
                    reply.body.pop("bypass_actors", None)
                return reply
        return message(404, "Not Found")

    def _list(self, request: Request, _: str) -> Reply:
        without = {"rules", "conditions", "bypass_actors"}
        shown = [
            {key: value for key, value in ruleset.items() if key not in without}
            for ruleset in self.rulesets
        ]
        return listed(shown, request.query)

    def _get(self, _: Request, number: str) -> Reply:
        ruleset = self._ruleset(number)
        return message(404, "Not Found") if ruleset is None else Reply(200, dict(ruleset))

    def _create(self, request: Request, _: str) -> Reply:
        fault = self._fault(request.body, None)
        if fault:
            return fault
        given = dict(request.body)
        rules = given.pop("rules", [])
        return Reply(201, dict(self.add_ruleset(given.pop("name"), *rules, **given)))

    def _update(self, request: Request, number: str) -> Reply:
        ruleset = self._ruleset(number)
        if ruleset is None or ruleset["source_type"] != "Repository":
            return message(404, "Not Found")
        fault = self._fault(request.body, ruleset)
        if fault:
            return fault
        ruleset.update({key: request.body[key] for key in _KEPT if key in request.body})
        self._touch(ruleset)
        return Reply(200, dict(ruleset))

    def _fault(self, body: Json, ruleset: Json | None) -> Reply | None:
        names = {other["name"] for other in self.rulesets if other is not ruleset}
        if body.get("name") in names:
            return message(422, "Validation Failed: Name must be unique")
        for rule in body.get("rules", ()):
            checks = rule.get("parameters", {}).get("required_status_checks", [])
            given = [(check["context"], check.get("integration_id")) for check in checks]
            if len(set(given)) != len(given):
                return message(422, "Validation Failed: Required status checks must be unique")
        return None

    def _of_branch(self, request: Request, branch: str) -> Reply:
        found = [
            {
                **rule,
                "ruleset_source_type": ruleset["source_type"],
                "ruleset_source": ruleset["source"],
                "ruleset_id": ruleset["id"],
            }
            for ruleset in self.rulesets
            if ruleset["enforcement"] == "active" and self._covers(ruleset, branch)
            for rule in ruleset["rules"]
        ]
        return listed(found, request.query)

    def _covers(self, ruleset: Json, branch: str) -> bool:
        refs = ruleset["conditions"]["ref_name"]
        return self._among(refs["include"], branch) and not self._among(refs["exclude"], branch)

    def _among(self, patterns: list[str], branch: str) -> bool:
        ours = {"~ALL"} | ({"~DEFAULT_BRANCH"} if branch == self.default_branch else set())
        return any(p in ours or fnmatchcase(f"refs/heads/{branch}", p) for p in patterns)

    def _branch(self, _: Request, branch: str) -> Reply:
        given: Json = {"name": branch, "protected": branch in self.protection}
        if branch in self.patterns:
            given["pattern"] = self.patterns[branch]
        return Reply(200, filled("branch-with-protection", given))

    def _protection(self, _: Request, branch: str) -> Reply:
        found = self.protection.get(branch)
        return message(404, "Branch not protected") if found is None else Reply(200, found)

    def _required(self, _: Request, branch: str) -> Reply:
        found = self.protection.get(branch, {}).get("required_status_checks")
        missing = message(404, "Required status checks not enabled")
        return missing if found is None else Reply(200, found)

    def _require(self, request: Request, branch: str) -> Reply:
        found = self.protection.get(branch, {}).get("required_status_checks")
        if found is None:
            return message(404, "Required status checks not enabled")
        # -1 says "any app", which an answer says by null.
        checks = [
            {
                "context": check["context"],
                "app_id": app if (app := check.get("app_id")) != -1 else None,
            }
            for check in request.body.get("checks", found["checks"])
        ]
        strict = request.body.get("strict", found["strict"])
        found.update(self._policy(branch, checks, strict=strict))
        return Reply(200, found)

    @staticmethod
    def _policy(branch: str, checks: list[Json], *, strict: bool = False) -> Json:
        where = f"{_API}/branches/{branch}/protection/required_status_checks"
        return {
            "url": where,
            "contexts_url": f"{where}/contexts",
            "strict": strict,
            "contexts": [check["context"] for check in checks],
            "checks": checks,
        }

    def _ruleset(self, number: str) -> Json | None:
        return next((one for one in self.rulesets if str(one["id"]) == number), None)

    def _touch(self, ruleset: Json) -> None:
        self._writes += 1
        ruleset["updated_at"] = f"2026-01-01T00:00:{self._writes:02}Z"


_ROUTES: Final[tuple[tuple[str, str, Callable[[Rules, Request, str], Reply]], ...]] = (
    ("GET", "/rulesets", Rules._list),
    ("POST", "/rulesets", Rules._create),
    ("GET", r"/rulesets/(\d+)", Rules._get),
    ("PUT", r"/rulesets/(\d+)", Rules._update),
    ("GET", "/rules/branches/([^/]+)", Rules._of_branch),
    ("GET", "/branches/([^/]+)", Rules._branch),
    ("GET", "/branches/([^/]+)/protection", Rules._protection),
    ("GET", "/branches/([^/]+)/protection/required_status_checks", Rules._required),
    ("PATCH", "/branches/([^/]+)/protection/required_status_checks", Rules._require),
)
