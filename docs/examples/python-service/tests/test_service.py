from __future__ import annotations

import json
from typing import Any

from quotes.service import application


def get(path: str, query: str = "") -> tuple[str, Any]:
    statuses: list[str] = []

    def start_response(status: str, *_: object) -> Any:
        statuses.append(status)

    body = b"".join(application({"PATH_INFO": path, "QUERY_STRING": query}, start_response))
    return statuses[0], json.loads(body)


def test_a_price_is_answered() -> None:
    assert get("/price", "grams=800&zone=near") == ("200 OK", {"cents": 598})


def test_express_is_asked_for_by_its_name() -> None:
    assert get("/price", "grams=800&zone=near&express=1") == (
        "200 OK",
        {"cents": 1_196},
    )


def test_a_weight_that_is_no_number_is_refused() -> None:
    status, answer = get("/price", "grams=much&zone=near")

    assert status == "400 Bad Request"
    assert answer == {"error": "grams is a whole number"}


def test_nothing_is_elsewhere() -> None:
    assert get("/prices")[0] == "404 Not Found"


def test_it_is_well() -> None:
    assert get("/health") == ("200 OK", {"status": "well"})
