from __future__ import annotations

from typing import Any

import pytest

from localci.errors import FormatError
from localci.formats.subject import STATEMENT_TYPE, Subject, decode_subject, encode_subject

SUBJECT = Subject("c" * 40, "7" * 40, "example.org/acme/app", ("refs/heads/feature",))


def statement(subject: Any = None, **changes: Any) -> dict[str, Any]:
    made = encode_subject(SUBJECT) | changes if subject is None else subject
    return {"_type": STATEMENT_TYPE, "subject": [made]}


def test_it_is_as_the_published_form_says() -> None:
    assert encode_subject(SUBJECT) == {
        "name": "source",
        "uri": "git+https://example.org/acme/app",
        "digest": {"gitCommit": "c" * 40, "gitTree": "7" * 40},
        "annotations": {"sourceRefs": ["refs/heads/feature"]},
    }


@pytest.mark.parametrize("length", [40, 64])
def test_it_is_read_as_it_was_written(length: int) -> None:
    subject = SUBJECT._replace(commit="c" * length, tree="7" * length)
    assert decode_subject(statement(encode_subject(subject))) == subject


def test_what_is_not_needed_does_not_matter() -> None:
    digest = {"gitCommit": "c" * 40, "gitTree": "7" * 40, "sha3": 5}
    for refs in (None, [], {}, {"sourceRefs": "x"}, {"sourceRefs": [5, "refs/heads/feature"]}):
        read = decode_subject(statement(annotations=refs, digest=digest, name=5, later=[]))
        assert read._replace(source_refs=()) == SUBJECT._replace(source_refs=())
    assert read == SUBJECT


@pytest.mark.parametrize(
    "uri", ["EXAMPLE.org/acme/app", "example.org/acme/app.git", "example.org//acme/app/"]
)
def test_the_repository_is_normalised(uri: str) -> None:
    assert decode_subject(statement(uri=f"git+https://{uri}")).repository == SUBJECT.repository


@pytest.mark.parametrize("value", [None, [], {}, "x", [5], [None], [[]], [{}, {}]], ids=repr)
def test_there_is_one_subject(value: Any) -> None:
    with pytest.raises(FormatError) as caught:
        decode_subject({"_type": STATEMENT_TYPE, "subject": value})
    assert caught.value.code == "schema-invalid"


@pytest.mark.parametrize(
    "value", [None, 5, "https://in-toto.io/Statement/v0.1", STATEMENT_TYPE.upper()]
)
def test_it_is_a_statement_of_this_version(value: Any) -> None:
    with pytest.raises(FormatError, match="_type is not"):
        decode_subject(statement() | {"_type": value})


@pytest.mark.parametrize(
    "value",
    ["", "C" * 40, "c" * 39, "c" * 41, "c" * 12, "c" * 40 + "\n", " " + "c" * 39, 5, None, []],
)
@pytest.mark.parametrize("key", ["gitCommit", "gitTree"])
def test_an_id_is_whole_and_in_small_letters(key: str, value: Any) -> None:
    digest = {"gitCommit": "c" * 40, "gitTree": "7" * 40, key: value}
    with pytest.raises(FormatError, match=f"digest.{key} is not a whole object id"):
        decode_subject(statement(digest=digest))
    del digest[key]
    with pytest.raises(FormatError, match=f"digest.{key}"):
        decode_subject(statement(digest=digest))


@pytest.mark.parametrize(
    "uri", [None, 5, "", "example.org/acme/app", "https://example.org/acme/app", "GIT+https://x/y"]
)
def test_it_says_where_it_is(uri: Any) -> None:
    with pytest.raises(FormatError, match="uri does not start"):
        decode_subject(statement(uri=uri))
