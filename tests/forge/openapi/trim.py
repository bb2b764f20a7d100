"""Cut GitHub's description of its REST API down to the operations that localci uses.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz package/generated/api.github.com.json
    python tests/forge/openapi/trim.py package/generated/api.github.com.json

writes `github.json` beside this script. What says nothing about the shape of a message goes:
prose, examples, headers, extensions. The description is under the MIT licence beside it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

_REPOSITORY: Final = "/repos/{owner}/{repo}"
OPERATIONS: Final = {
    "": ("get",),
    "/branches/{branch}": ("get",),
    "/branches/{branch}/protection": ("get",),
    "/branches/{branch}/protection/required_status_checks": ("get", "patch"),
    "/check-runs": ("post",),
    "/check-runs/{check_run_id}": ("get", "patch"),
    "/check-runs/{check_run_id}/annotations": ("get",),
    "/commits/{commit_sha}/pulls": ("get",),
    "/commits/{ref}/check-runs": ("get",),
    "/commits/{ref}/status": ("get",),
    "/commits/{ref}/statuses": ("get",),
    "/contents/{path}": ("get",),
    "/issues/comments/{comment_id}": ("patch", "delete"),
    "/issues/{issue_number}/comments": ("get", "post"),
    "/pulls": ("get",),
    "/pulls/{pull_number}": ("get",),
    "/rules/branches/{branch}": ("get",),
    "/rulesets": ("get", "post"),
    "/rulesets/{ruleset_id}": ("get", "put"),
    "/statuses/{sha}": ("post",),
}
ELSEWHERE: Final = {"/user": ("get",)}

_SAYS_NOTHING: Final = {
    "description", "summary", "tags", "externalDocs", "example", "examples", "headers", "links",
    "callbacks", "deprecated", "title", "operationId", "default",
}  # fmt: skip
_NAMES: Final = {"properties", "paths", "responses", "schemas", "parameters", "content"}
"""Objects whose keys are names that somebody gave, not words of the specification."""


def trim(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a description that the operations above need."""
    wanted = {_REPOSITORY + path: methods for path, methods in OPERATIONS.items()} | ELSEWHERE
    paths = {path: _operations(whole["paths"][path], methods) for path, methods in wanted.items()}
    components: dict[str, dict[str, Any]] = {}
    _follow(paths, whole["components"], components)
    components["responses"] = _described(components["responses"])
    return {
        "openapi": whole["openapi"],
        "info": {
            "title": whole["info"]["title"],
            "version": whole["info"]["version"],
            "license": whole["info"]["license"],
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {kind: dict(sorted(parts.items())) for kind, parts in components.items()},
    }


def _operations(path: dict[str, Any], methods: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = _shape({method: path[method] for method in methods})
    for operation in found.values():
        operation["responses"] = _described(operation["responses"])
    return found


def _described(responses: dict[str, Any]) -> dict[str, Any]:
    """Return responses with the description that OpenAPI demands, an empty one."""
    return {
        name: response if "$ref" in response else {"description": "", **response}
        for name, response in responses.items()
    }


def _follow(part: object, whole: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
    """Add to `found` each component that a part refers to, and what that refers to in turn."""
    if isinstance(part, list):
        for item in part:
            _follow(item, whole, found)
    elif isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str):
            kind, name = reference.split("/")[-2:]
            if name not in found.setdefault(kind, {}):
                found[kind][name] = _shape(whole[kind][name])
                _follow(found[kind][name], whole, found)
        for item in part.values():
            _follow(item, whole, found)


def _shape(part: Any, *, names: bool = False) -> Any:
    """Return a part without what says nothing; `names` tells that its keys are names."""
    if isinstance(part, list):
        return [_shape(item) for item in part]
    if not isinstance(part, dict):
        return part
    if names:
        return {key: _shape(value) for key, value in part.items()}
    kept = {
        key: _shape(value, names=key in _NAMES)
        for key, value in part.items()
        if key not in _SAYS_NOTHING and not key.startswith("x-")
    }
    if kept.get("nullable") and "enum" in kept:
        # GitHub means it so; OpenAPI 3.0.3 wants null among the values, too.
        kept["enum"] = [*kept["enum"], None]
    return kept


def _lines(description: dict[str, Any]) -> str:
    """Return the description with each path and each component on a line of its own."""
    head = {key: value for key, value in description.items() if key not in {"paths", "components"}}
    sections = [_section("paths", description["paths"])]
    components = description["components"]
    sections.append(
        '"components": {\n' + ",\n".join(_section(kind, components[kind]) for kind in components)
    )
    return _compact(head)[:-1] + ",\n" + ",\n".join(sections) + "\n}}\n"


def _section(name: str, parts: dict[str, Any]) -> str:
    lines = ",\n".join(f"{_compact(key)}: {_compact(part)}" for key, part in parts.items())
    return f"{_compact(name)}: {{\n{lines}\n}}"


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    described = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    target = Path(__file__).with_name("github.json")
    target.write_text(_lines(trim(described)), "utf-8")
