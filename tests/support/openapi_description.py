"""GitHub's own description of its API (`forge/openapi`): who keeps to it, what it asks for."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Final, TypeAlias

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

FILE: Final = Path(__file__).parents[1] / "forge" / "openapi" / "github.json"
Json: TypeAlias = Any
_JSON: Final = "application/json"
_HOST: Final = "http://127.0.0.1"
_TEXTS: Final = {
    "date-time": "2026-01-01T00:00:00Z",
    "uri": "https://github.test/",
    "email": "nobody@github.test",
}
_LEAST: Final = {"integer": 1, "number": 1, "boolean": False, "array": ()}


def request_fault(method: str, path: str, query: dict[str, str], body: Json) -> str:
    """Return what the description has against a request, "" for nothing."""
    request = _request(method, path, query, body)
    try:
        _rules().validate_request(request)
    except OpenAPIError as error:
        return _reason(error)
    return _unknown_key(method, path, body)


def response_fault(method: str, path: str, status: int, body: Json) -> str:
    """Return what the description has against the answer to a request, "" for nothing."""
    # A body that is no JSON at all is none to openapi-core.
    answer = MockResponse(
        data=b"" if body is None else json.dumps(body).encode(),
        status_code=status,
        content_type=_JSON,
    )
    try:
        _rules().validate_response(_request(method, path, {}, None), answer)
    except OpenAPIError as error:
        return _reason(error)
    return ""


@functools.lru_cache
def least(schema: str) -> dict[str, Json]:
    """Return the smallest object that a schema of the description allows; do not change it."""
    value: dict[str, Json] = _least(
        {**_description()["components"]["schemas"][schema], "nullable": False}
    )
    return value


def filled(schema: str, value: dict[str, Json]) -> dict[str, Json]:
    """Return `value` with what the schema demands besides, at any depth."""
    return _over(least(schema), value)


def _over(under: dict[str, Json], value: dict[str, Json]) -> dict[str, Json]:
    merged = dict(under)
    for key, item in value.items():
        below = under.get(key)
        both = isinstance(item, dict) and isinstance(below, dict)
        merged[key] = _over(below, item) if both else item  # type: ignore[arg-type]
    return merged


def _least(schema: dict[str, Json]) -> Json:
    if "$ref" in schema:
        _, _, kind, name = schema["$ref"].split("/")
        return _least(_description()["components"][kind][name])
    if "allOf" in schema:
        parts = [_least(part) for part in schema["allOf"]]
        return {key: value for part in parts for key, value in part.items()}
    # Without a type `nullable` means nothing (OpenAPI 3.0.3).
    if schema.get("nullable") and "type" in schema:
        return None
    for choice in ("oneOf", "anyOf"):
        if choice in schema and "properties" not in schema:
            return _least(schema[choice][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "string":
        return _TEXTS.get(schema.get("format", ""), "x")
    if schema.get("type") in _LEAST:
        value = _LEAST[schema["type"]]
        return list(value) if isinstance(value, tuple) else value
    properties = schema.get("properties", {})
    return {name: _least(properties.get(name, {})) for name in schema.get("required", ())}


def _unknown_key(method: str, path: str, body: Json) -> str:
    """Return GitHub's answer to what it does not know; its description leaves that open."""
    if not isinstance(body, dict):
        return ""
    operation = next(
        operations[method.lower()]
        for template, operations in _description()["paths"].items()
        if method.lower() in operations and _fits(template, path)
    )
    content = operation.get("requestBody", {}).get("content", {})
    known = content.get(_JSON, {}).get("schema", {}).get("properties", {})
    unknown = sorted(set(body) - set(known))
    return f'"{unknown[0]}" is not a permitted key.' if unknown else ""


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part == other or part.startswith("{") for part, other in zip(wanted, given, strict=True)
    )


def _request(method: str, path: str, query: dict[str, str], body: Json) -> MockRequest:
    head, contents, file = path.partition("/contents/")
    return MockRequest(
        _HOST,
        method.lower(),
        # The one parameter that goes over several parts of a path, which OpenAPI does not know.
        head + contents + file.replace("/", "%2F"),
        args=query,
        data=None if body is None else json.dumps(body).encode(),
        content_type=_JSON,
    )


def _reason(error: OpenAPIError) -> str:
    faults = getattr(error.__cause__, "schema_errors", None)
    if not faults:
        return str(error.__cause__ or error)
    return "; ".join(f"{'/'.join(map(str, fault.path))}: {fault.message}" for fault in faults)


@functools.lru_cache
def _rules() -> OpenAPI:
    return OpenAPI.from_dict(_description())


@functools.lru_cache
def _description() -> dict[str, Json]:
    description: dict[str, Json] = json.loads(FILE.read_text("utf-8"))
    return description
