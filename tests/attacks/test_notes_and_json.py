"""The note and its JSON: bytes that nobody has signed yet, or that two readers read differently.

One note holds the variants of one input, so that a single acceptance among them would be seen.
"""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Final

import pytest

from localci.formats.base64_text import encode_base64
from localci.formats.bundle import MAX_LINE, MAX_NOTE
from localci.formats.strict_json import dumps_canonical
from support.attacks import ACCEPT, accepted, attack, missing, refused, verify
from support.repositories import git
from support.variants import CHECK, GONE, changed, each_refused, make_commit, payload_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.scene import Scene

BOM: Final = b"\xef\xbb\xbf"
TWO_SIGNED_BYTES: Final = "/?>~" * 3
"""Text that base64 writes with `+` or `/`, wherever in the payload it stands."""


def with_signature(line: bytes, edit: Callable[[str], object]) -> bytes:
    """Change the base64 text of a line's signature."""
    (signature,) = json.loads(line)["signatures"]
    return changed(line, {"signatures/0/sig": edit(signature["sig"])})


def in_url_safe_base64(line: bytes) -> bytes:
    """Write payload and signature in the other alphabet."""
    envelope = json.loads(line)
    (signature,) = envelope["signatures"]
    texts = {"payload": envelope["payload"], "signatures/0/sig": signature["sig"]}
    other = {place: text.replace("+", "-").replace("/", "_") for place, text in texts.items()}
    assert other["payload"] != texts["payload"]
    return changed(line, other)


def padded_to(line: bytes, size: int) -> bytes:
    """Bring a line to a size by a field that nobody knows."""
    room = size - len(changed(line, {"x": ""}))
    return changed(line, {"x": "x" * room})


@attack("E01", expect="no-attestation")
def test_an_empty_note_says_nothing(scene: Scene) -> None:
    scene.hang_raw(b"")
    missing(scene.project)


@attack("E02", expect="no-attestation")
@pytest.mark.parametrize("note", [b"\n", b"\n\n\n", b" \n\t\n", b"\r\n\r\n", b" "], ids=repr)
def test_a_note_of_blank_lines_says_nothing(scene: Scene, note: bytes) -> None:
    scene.hang_raw(note)
    missing(scene.project)


@attack("E03", expect="malformed")
def test_what_is_not_utf_8_is_refused(scene: Scene) -> None:
    good, payload = scene.line(), scene.payload()
    each_refused(
        scene,
        {
            "a byte that starts nothing": good.replace(b'{"payload"', b'{"x":"\xff","payload"'),
            "latin-1": good.replace(b'{"payload"', b'{"\xe9":1,"payload"'),
            "an overlong NUL": good.replace(b'{"payload"', b'{"x":"\xc0\x80","payload"'),
            "a surrogate": good.replace(b'{"payload"', b'{"x":"\xed\xa0\x80","payload"'),
            "cut in a character": good + b"\xe2\x80",
            "UTF-16": good.decode().encode("utf-16-be"),
            "compressed": gzip.compress(good).replace(b"\n", b""),
            "in what is signed": scene.line(payload.replace(b'"PASSED"', b'"PASSED","x":"\xff"')),
        },
        "malformed",
    )


@attack("E04", expect="malformed")
def test_a_byte_order_mark_is_refused(scene: Scene) -> None:
    lines = {
        "before the line": BOM + scene.line(),
        "after the brace": scene.line().replace(b"{", b"{" + BOM, 1),
        "in what is signed": scene.line(BOM + scene.payload()),
    }
    each_refused(scene, lines, "malformed")


@attack("E06", expect=ACCEPT)
@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"], ids=ascii)
def test_a_separator_of_unicode_splits_no_line(scene: Scene, sign: str) -> None:
    raw = scene.line(scene.payload().replace(b'"branch":""', f'"branch":"a{sign}b"'.encode()))
    scene.hang(raw.replace(b'{"payload"', f'{{"x":"a{sign}b","payload"'.encode()))
    accepted(scene.project)


@attack(
    "E06", "a good line behind a separator that only Unicode or terminals know", expect="malformed"
)
def test_no_line_starts_behind_a_separator_of_unicode(scene: Scene) -> None:
    separators = ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\r"]
    good = scene.line()
    lines = {ascii(sign): f"x{sign}".encode() + good + sign.encode() for sign in separators}
    each_refused(scene, lines, "malformed")


@attack("E08", expect="malformed")
def test_two_objects_on_one_line_are_refused(scene: Scene) -> None:
    good = scene.line()
    lines = {
        "the good one twice": good + good,
        "the good one first": good + b"{}",
        "the good one last": b"{}" + good,
        "with a blank": good + b" " + good,
        "in a list": b"[" + good + b"]",
        "with a comma": good + b",",
        "as a text": json.dumps(good.decode()).encode(),
        "a comment behind": good + b" // good",
        "a comment before": b"# " + good,
        "a mark of a sequence": b"\x1e" + good,
        "an object that does not end": good[:-1],
        "a comma too much": good[:-1] + b",}",
        "other quotation marks": good.replace(b'"', b"'"),
        "a number": b"1",
        "nothing": b"null",
        "a word": b"PASSED",
    }
    each_refused(scene, lines, "malformed")


@attack("E09", expect="malformed")
def test_json_over_several_lines_is_refused(scene: Scene) -> None:
    scene.hang_raw(json.dumps(json.loads(scene.line()), indent=2).encode() + b"\n")
    refused(scene.project, "malformed")


@attack("E10", expect="too-large")
def test_a_line_over_64_kib_is_passed_over(scene: Scene) -> None:
    scene.hang(padded_to(scene.line(), MAX_LINE + 1))
    refused(scene.project, "too-large")


@attack("a line of exactly 64 KiB", expect=ACCEPT)
def test_a_line_of_exactly_64_kib_is_read(scene: Scene) -> None:
    scene.hang(padded_to(scene.line(), MAX_LINE))
    accepted(scene.project)


@attack("a payload over 47,000 bytes", expect="too-large")
def test_a_payload_beyond_the_cap_is_refused(scene: Scene) -> None:
    scene.hang(scene.line(scene.payload(padding="x" * 46_000)))
    refused(scene.project, "too-large")


@attack("E11", expect="too-large")
@pytest.mark.parametrize("padding", [b"\n", b"x\n"], ids=["blank lines", "short lines"])
def test_a_note_over_1_mib_is_passed_over(scene: Scene, padding: bytes) -> None:
    scene.hang_raw(scene.line() + b"\n" + padding * MAX_NOTE)
    refused(scene.project, "too-large")


@attack("a note of exactly 1 MiB", expect=ACCEPT)
def test_a_note_of_exactly_1_mib_is_read(scene: Scene) -> None:
    good = scene.line() + b"\n"
    scene.hang_raw(
        b"x\n" * ((MAX_NOTE - len(good)) // 2) + b"\n" * ((MAX_NOTE - len(good)) % 2) + good
    )
    accepted(scene.project)


@attack("E13", expect="too-large")
def test_200_000_brackets_are_too_long_a_line(scene: Scene) -> None:
    scene.hang(b"[" * 200_000, b'{"payload":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    refused(scene.project, "too-large")


@attack("E13", "as many brackets as a line has room for", expect="malformed")
def test_nesting_is_refused_before_it_is_parsed(scene: Scene) -> None:
    good, payload = scene.line(), scene.payload()
    deep = b"[" * 30_000 + b"]" * 30_000
    objects = b'{"a":' * 8_000 + b"1" + b"}" * 8_000
    behind_a_string = b'"[\\"",' + b"[" * 33 + b"]" * 33
    each_refused(
        scene,
        {
            "lists": deep,
            "that do not end": b"[" * 60_000,
            "objects": objects,
            "in the envelope": good.replace(b'{"payload"', b'{"x":%s,"payload"' % deep),
            "behind a bracket in a text": good.replace(
                b'{"payload"', b'{"x":[%s],"payload"' % behind_a_string
            ),
            "one level too deep": good.replace(
                b'{"payload"', b'{"x":%s,"payload"' % (b"[" * 32 + b"]" * 32)
            ),
            "in what is signed": scene.line(
                payload.replace(b'"PASSED"', b'"PASSED","x":%s' % (b"[" * 15_000 + b"]" * 15_000))
            ),
        },
        "malformed",
    )


@attack("nesting of exactly 32, and brackets in texts", expect=ACCEPT)
def test_nesting_up_to_the_cap_is_read(scene: Scene) -> None:
    deep = b'{"x":%s,"y":"%s","payload"' % (b"[" * 31 + b"]" * 31, b"[{" * 200)
    scene.hang(scene.line().replace(b'{"payload"', deep))
    accepted(scene.project)


@attack("E15", expect="malformed")
def test_a_key_twice_in_an_envelope_is_refused(scene: Scene) -> None:
    good = scene.line()
    other = json.dumps(encode_base64(scene.payload(scene.document(run_id="6" * 32)))).encode()
    keyid = b'"keyid":"%s"' % scene.keys["ada"].fingerprint.encode()
    lines = {
        "the other first": good.replace(b'{"payload"', b'{"payload":%s,"payload"' % other),
        "the other last": good[:-1] + b',"payload":%s}' % other,
        "the same twice": good[:-1] + b"," + good[1:],
        "one of them escaped": good[:-1] + b',"p\\u0061yload":%s}' % other,
        "the signatures": good[:-1] + b',"signatures":[]}',
        "the type": good[:-1] + b',"payloadType":"text/plain"}',
        "in a signature": good.replace(keyid, keyid + b',"keyid":""'),
        "of no meaning": good[:-1] + b',"x":{"y":1,"y":2}}',
    }
    each_refused(scene, lines, "malformed")


@attack("E16", expect="malformed")
def test_a_key_twice_in_what_is_signed_is_refused(scene: Scene) -> None:
    good = scene.payload()

    def twice(key: str, other: str) -> bytes:
        """Write `other` before the value, where the reader who takes the last never sees it."""
        assert good.count(f'"{key}":'.encode()) >= 1
        return good.replace(f'"{key}":'.encode(), f'"{key}":{other},"{key}":'.encode(), 1)

    payloads = {
        "result": twice("result", '"FAILED"'),
        "the result escaped": good.replace(b'"result":', b'"r\\u0065sult":"FAILED","result":'),
        "the tree": twice("gitTree", f'"{"0" * 40}"'),
        "the commit": twice("gitCommit", f'"{"0" * 40}"'),
        "a check": twice("tests", '{"passed":false}'),
        "whether it passed": twice("passed", "false"),
        "a figure": twice("failed", "7"),
        "the predicate": twice("predicate", "{}"),
        "the subject": twice("subject", "[]"),
    }
    each_refused(scene, payloads, "malformed", how=scene.line)


@attack("E17", expect="malformed")
def test_what_is_no_number_of_json_is_refused(scene: Scene) -> None:
    words = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400, "0x2", "1_0", "02"]
    words += ["+2", ".2", "2.", "2e", "--2", "nan", "True", "2,", "\u0662", "\uff12"]
    good = scene.payload()
    payloads = {word[:20]: good.replace(b'"total":2', f'"total":{word}'.encode()) for word in words}
    each_refused(scene, payloads, "malformed", how=scene.line)


@attack("E18", expect="schema-invalid")
def test_a_boolean_is_no_figure(scene: Scene) -> None:
    good = scene.payload()
    places = [*((f"{CHECK}/{key}", value) for key in ("total", "failed", "skipped", "exit_code",
              "duration_ms") for value in (True, False))]  # fmt: skip
    payloads = {f"{place} {value}": changed(good, {place: value}) for place, value in places}
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("a number, a text or nothing where a boolean is expected", expect="schema-invalid")
def test_a_figure_is_no_boolean(scene: Scene) -> None:
    good = scene.payload()
    values = [1, 1.0, "true", "True", None, [], [True], {}, GONE, "yes"]
    payloads = {repr(value): changed(good, {f"{CHECK}/passed": value}) for value in values}
    payloads["advisory"] = changed(good, {f"{CHECK}/advisory": 0})
    each_refused(scene, payloads, "schema-invalid", how=scene.line)


@attack("E19", expect="malformed")
def test_half_of_a_surrogate_pair_is_refused(scene: Scene) -> None:
    good, payload = scene.line(), scene.payload()
    halves = [b"\\ud800", b"\\udfff", b"\\udc00\\ud800", b"a\\uDBFFb", b"\\ud83d\\u0041"]
    lines = {
        repr(half): good.replace(b'{"payload"', b'{"x":"%s","payload"' % half) for half in halves
    }
    lines["as a key"] = good.replace(b'{"payload"', b'{"\\ud800":1,"payload"')
    lines["deep inside"] = good.replace(b'{"payload"', b'{"x":[{"y":["\\udead"]}],"payload"')
    lines["in what is signed"] = scene.line(payload.replace(b'"branch":""', b'"branch":"\\ud800"'))
    each_refused(scene, lines, "malformed")


@attack("a whole surrogate pair, escaped", expect=ACCEPT)
def test_a_whole_surrogate_pair_is_one_character(scene: Scene) -> None:
    raw = scene.payload().replace(b'"branch":""', b'"branch":"\\ud83d\\ude00 \\u2028 \\u0000"')
    scene.hang(scene.line(raw).replace(b'{"payload"', b'{"x":"\\ud83d\\ude00","payload"'))
    accepted(scene.project)


@attack("E20", expect="malformed")
def test_a_nul_byte_is_refused(scene: Scene) -> None:
    good, payload = scene.line(), scene.payload()
    lines = {
        "before": b"\0" + good,
        "behind": good + b"\0",
        "behind, and more": good + b"\0" + good,
        "in a text": good.replace(b'{"payload"', b'{"x":"\0","payload"'),
        "in what is signed": scene.line(payload.replace(b'"branch":""', b'"branch":"\0"')),
        "behind what is signed": scene.line(payload + b"\0"),
    }
    each_refused(scene, lines, "malformed")


@attack("E20", "an escaped NUL in a check's name", expect="schema-invalid")
def test_an_escaped_nul_ends_no_name(scene: Scene) -> None:
    payload = scene.payload()
    raw = payload.replace(b'"checks":{"tests"', b'"checks":{"tests\\u0000x"')
    raw = raw.replace(b'"passedTests":["tests"]', b'"passedTests":["tests\\u0000x"]')
    each_refused(scene, {"name": raw}, "schema-invalid", how=scene.line)


@attack("E21", expect="malformed")
def test_base64_has_one_spelling(scene: Scene) -> None:
    good = scene.line(scene.payload(scene.document(branch=TWO_SIGNED_BYTES)))
    text = json.loads(good)["payload"]
    mixed = text.replace("+", "-") if "+" in text and "/" in text else text[:-4] + "+_=="
    spoilt = {
        "a blank": text[:8] + " " + text[8:],
        "four blanks": text[:8] + "    " + text[8:],
        "a line end": text[:76] + "\n" + text[76:],
        "line ends of mail": text[:76] + "\r\n\r\n" + text[76:],
        "a line end behind": text + "\n",
        "other signs": text[:8] + "!!" + text[8:],
        "four other signs": text[:8] + "!!!!" + text[8:],
        "padding in the middle": text[:8] + "====" + text[8:],
        "more behind the padding": text.rstrip("=") + "==" + "AAAA",
        "padding of four": text + "====",
        "without its padding": "QUI",
        "a fifth sign": text + "A",
        "loose bits": "QUJ=",
        "both alphabets": mixed,
        "no ascii": text[:8] + "\u00e9\u00e9\u00e9\u00e9" + text[8:],
        "digits of another script": text[:8] + "\u0661\u0661\u0661\u0661" + text[8:],
        "a list": [text],
        "a number": 1,
        "nothing": None,
        "missing": GONE,
    }
    lines = {name: changed(good, {"payload": value}) for name, value in spoilt.items()}
    each_refused(scene, lines, "malformed")


@attack("E21", "the same in the signature", expect="malformed")
def test_a_signatures_base64_has_one_spelling(scene: Scene) -> None:
    good = scene.line()
    edits: dict[str, Callable[[str], object]] = {
        "a blank": lambda text: text[:8] + " " + text[8:],
        "a line end": lambda text: text + "\n",
        "four other signs": lambda text: text[:8] + "!!!!" + text[8:],
        "padding of four": lambda text: text + "====",
        "a list": lambda text: [text],
        "a number": lambda _: 1,
        "nothing": lambda _: None,
        "missing": lambda _: GONE,
    }
    lines = {name: with_signature(good, edit) for name, edit in edits.items()}
    each_refused(scene, lines, "malformed")


@attack("E23", expect=ACCEPT)
def test_the_url_safe_alphabet_is_accepted(scene: Scene) -> None:
    scene.hang(in_url_safe_base64(scene.line(scene.payload(scene.document(branch="/?>~" * 3)))))
    accepted(scene.project)


@attack("E24", "E26", "`signatures` that is missing, or is no list of objects", expect="malformed")
def test_signatures_are_a_list_of_objects(scene: Scene) -> None:
    good = scene.line()
    (signature,) = json.loads(good)["signatures"]
    values = {
        "missing": GONE,
        "nothing": None,
        "an object": signature,
        "an object of objects": {"0": signature},
        "a text": signature["sig"],
        "true": True,
        "a list in a list": [[signature]],
        "texts": [signature["sig"]],
        "nothing in a list": [None],
        "a keyid that is no text": [{**signature, "keyid": 1}],
        "no signature in the object": [{"keyid": signature["keyid"]}],
    }
    lines = {name: changed(good, {"signatures": value}) for name, value in values.items()}
    each_refused(scene, lines, "malformed")


@attack("E25", expect="malformed")
def test_an_empty_list_of_signatures_is_refused(scene: Scene) -> None:
    each_refused(scene, {"[]": changed(scene.line(), {"signatures": []})}, "malformed")


@attack("E27", expect="too-large")
@pytest.mark.parametrize("place", [0, 4, 8], ids=["first", "within", "last"])
def test_nine_signatures_are_too_many(scene: Scene, place: int) -> None:
    good = scene.line()
    (signature,) = json.loads(good)["signatures"]
    others = [{"keyid": "", "sig": "AAAA"}] * 8
    nine = changed(good, {"signatures": [*others[:place], signature, *others[place:]]})
    each_refused(scene, {"nine": nine}, "too-large")


@attack("E27", expect="too-large")
def test_a_thousand_signatures_are_too_many(scene: Scene) -> None:
    good = scene.line()
    (signature,) = json.loads(good)["signatures"]
    many = changed(good, {"signatures": [signature, *([{"sig": ""}] * 999)]})
    assert len(many) < MAX_LINE
    each_refused(scene, {"small ones": many}, "too-large")


@attack("seven strangers' signatures before the good one", expect=ACCEPT)
def test_the_eighth_signature_counts_too(scene: Scene) -> None:
    good, stranger = scene.line(), scene.line(by="mallory")
    own, other = (json.loads(line)["signatures"][0] for line in (good, stranger))
    noise = [{"sig": ""}, {"keyid": "x", "sig": "AAAA"}, *([other] * 5)]
    scene.hang(changed(good, {"signatures": [*noise, own]}))
    accepted(scene.project)


@attack("E29", expect=ACCEPT)
def test_fields_of_the_envelope_that_nobody_knows_are_passed_over(scene: Scene) -> None:
    good = scene.line()
    unknown = {
        "version": 2,
        "Payload": "AAAA",
        "verificationMaterial": {"certificate": {"rawBytes": "AAAA"}},
        "": None,
        "signatures/0/cert": "-----BEGIN CERTIFICATE-----",
        "signatures/0/extension": {"kind": 1},
    }
    scene.hang(changed(good, unknown))
    accepted(scene.project)


@attack("keys of an envelope in other letters, and other forms of an envelope", expect="malformed")
def test_an_envelope_has_these_keys_and_no_others(scene: Scene) -> None:
    good = json.loads(scene.line())
    lines = {
        "the payload's key": {**{k: v for k, v in good.items() if k != "payload"},
                              "Payload": good["payload"]},
        "the type's key": {**{k: v for k, v in good.items() if k != "payloadType"},
                           "payloadtype": good["payloadType"]},
        "the first DSSE": {"payload": good["payload"], "payloadType": good["payloadType"],
                           "signature": good["signatures"][0]["sig"]},
        "a payload in the clear": {**good, "payload": json.loads(payload_of(scene.line()))},
        "a JWS": {"payload": good["payload"], "signatures": [
            {"protected": "e30", "signature": good["signatures"][0]["sig"]}]},
    }  # fmt: skip
    each_refused(
        scene, {name: dumps_canonical(value) for name, value in lines.items()}, "malformed"
    )


@attack("an envelope within something else", expect="schema-invalid")
def test_an_envelope_stands_by_itself(scene: Scene) -> None:
    good = json.loads(scene.line())
    lines = {
        "a Sigstore bundle": {"mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.3",
                              "dsseEnvelope": good},
        "one in a list": {"attestations": [good]},
        "nothing": {},
        "keys in capitals": {key.upper(): value for key, value in good.items()},
    }  # fmt: skip
    each_refused(
        scene, {name: dumps_canonical(value) for name, value in lines.items()}, "schema-invalid"
    )


@attack("a bare document, where results need a signature", expect="unsigned")
def test_what_is_not_signed_is_refused(scene: Scene) -> None:
    document = json.loads(scene.payload())["predicate"]["localci"]
    each_refused(scene, {"document": dumps_canonical(document)}, "unsigned")


@attack("a statement that nobody put into an envelope", expect="schema-invalid")
def test_a_bare_statement_is_no_document(scene: Scene) -> None:
    each_refused(scene, {"statement": scene.payload()}, "schema-invalid")


@attack("a bare document dressed as an envelope, where documents may be bare", expect="malformed")
def test_a_broken_envelope_is_never_read_as_a_bare_document(scene: Scene) -> None:
    policy = git(scene.project.path, "show", "main:.localci/policy.toml")
    lax = policy.replace("version = 1", "version = 1\nrequire_signature = false")
    trust = make_commit(scene.project.path, {".localci/policy.toml": lax}, "main")
    document = json.loads(scene.payload())["predicate"]["localci"]
    scene.hang(dumps_canonical(document))
    accepted(scene.project, "--trust-ref", trust)
    dressed = {
        key: dumps_canonical({**document, key: value})
        for key, value in {"payload": "", "payloadType": None, "signatures": []}.items()
    }
    each_refused(scene, dressed, "malformed", "--trust-ref", trust)


@attack("E31", expect=ACCEPT)
def test_a_good_line_counts_among_garbage(scene: Scene) -> None:
    good = scene.line()
    garbage = [
        b"", b"\xff\xfe\0", b"{", b"null", b"[" * 60_000, b"x" * (MAX_LINE + 1), good[:-1],
        BOM + good, scene.line(by="mallory"), with_signature(good, lambda _: "AAAA"),
        scene.line(changed(scene.payload(), {"predicate/result": "FAILED"})), b"\r",
    ]  # fmt: skip
    scene.hang_raw(b"\n".join([*garbage, good, *garbage]))
    accepted(scene.project)


@attack("E31", "a good line behind 2,000 that name other trees", expect=ACCEPT)
def test_a_good_line_counts_at_the_end_of_a_long_note(scene: Scene) -> None:
    noise = [b'{"version":"1.0","x":%d}' % number for number in range(2_000)]
    scene.hang(*noise, scene.line())
    accepted(scene.project)


@attack("E32", expect=ACCEPT)
def test_the_order_of_lines_does_not_matter(scene: Scene) -> None:
    lines = [scene.line(), scene.line(by="bob"), scene.line(by="mallory"), b"garbage", b"{}"]
    for order in (lines, lines[::-1], sorted(lines), [*lines, *lines]):
        scene.hang(*order)
        accepted(scene.project)


@attack("E32", "two notes that git itself has united by `cat_sort_uniq`", expect=ACCEPT)
def test_a_merge_of_notes_by_lines_keeps_a_result(scene: Scene) -> None:
    path = scene.project.path
    # Each side's first commit is its own, as on two machines that have never met.
    scene.hang(scene.line(), b"zzz")
    git(path, "update-ref", "refs/notes/other", "refs/notes/ci")
    scene.hang(scene.line(by="bob"), b"aaa")
    git(path, "notes", "--ref=ci", "merge", "-s", "cat_sort_uniq", "other")
    assert len(git(path, "notes", "--ref=ci", "show", scene.head).splitlines()) == 4
    accepted(scene.project)
    git(path, "update-ref", "-d", "refs/notes/other")


@attack("a line whose end is CR LF", expect=ACCEPT)
@pytest.mark.parametrize("ends", [b"\r\n", b"\n", b"", b"\n\n\n", b" \t\n"], ids=repr)
def test_a_line_may_end_in_any_way(scene: Scene, ends: bytes) -> None:
    scene.hang_raw(scene.line() + ends)
    accepted(scene.project)


@attack("`git notes append`, which puts a blank line between", expect=ACCEPT)
def test_notes_that_were_appended_by_git_are_read(scene: Scene) -> None:
    scene.hang(scene.line(by="mallory"))
    git(scene.project.path, "notes", "--ref=ci", "append", "-m", scene.line().decode())
    done, found = verify(scene.project)
    assert (done.code, len(found["attestations"])) == (0, 2)
