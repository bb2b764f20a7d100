from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.verifier.people import may_be_author, most_people, why_strangers
from support.cases import ADA, AUDITOR, BOB, ROBOT, policy, signer

PAIRS = st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("12345")), max_size=12)


def by_trying(runs: list[tuple[str, str]]) -> int:
    """Return the answer by giving the runs away in every order."""
    wanted: dict[str, set[str]] = {}
    for person, run in runs:
        wanted.setdefault(person, set()).add(run)

    def best(people: list[str], free: frozenset[str]) -> int:
        if not people:
            return 0
        without = best(people[1:], free)
        return max(
            [without] + [1 + best(people[1:], free - {run}) for run in wanted[people[0]] & free]
        )

    return best(list(wanted), frozenset(run for _, run in runs))


@given(PAIRS)
def test_as_many_as_can_be_have_a_run_of_their_own(runs: list[tuple[str, str]]) -> None:
    assert most_people(runs) == by_trying(runs)


@given(PAIRS, st.tuples(st.sampled_from("abcdef"), st.sampled_from("123456")))
def test_a_further_statement_can_only_help(
    runs: list[tuple[str, str]], more: tuple[str, str]
) -> None:
    assert most_people(runs) <= most_people([*runs, more]) <= most_people(runs) + 1


def test_the_order_does_not_matter() -> None:
    runs = [("a", "1"), ("a", "2"), ("b", "1"), ("c", "1"), ("c", "2")]
    assert {most_people(order) for order in permutations(runs)} == {2}


def test_of_hundreds_nobody_is_lost() -> None:
    """Each can take his own run or that of the one before: the first one's choice decides all."""
    count = 400
    runs = [(str(n), str(n)) for n in range(count)] + [(str(n + 1), str(n)) for n in range(count)]
    assert most_people(runs) == count
    assert most_people(reversed(runs)) == count


KNOWN = ADA._replace(accounts=("Octo-Ada", "ada.l"))
POLICY = policy(signers=(KNOWN, BOB, ROBOT, AUDITOR))


@pytest.mark.parametrize(
    ("authors", "may_be"),
    [
        ((), {"ada@example.org", "bob@example.org", "carol@example.org"}),
        (("octo-ada",), {"ada@example.org"}),
        (("OCTO-ADA",), {"ada@example.org"}),
        (("@octo-ada",), {"ada@example.org"}),
        ((" ada.l\n",), {"ada@example.org"}),
        (("ada@example.org",), {"ada@example.org"}),
        (("Bob@Example.org",), {"bob@example.org"}),
        # Whom nobody knows may be anybody who has not said what he is called.
        (("octo",), {"bob@example.org", "carol@example.org"}),
        (("",), {"bob@example.org", "carol@example.org"}),
        (("robot",), set()),
        (("octo-ada", "bob@example.org"), {"ada@example.org", "bob@example.org"}),
        (("octo-ada", "octo"), {"ada@example.org", "bob@example.org", "carol@example.org"}),
    ],
)
def test_who_may_be_the_author(authors: tuple[str, ...], may_be: set[str]) -> None:
    names = [signer.name for signer in POLICY.signers]
    assert {name for name in names if may_be_author(name, authors, POLICY)} == may_be


@pytest.mark.parametrize("authors", [(), ("octo",), ("hosted",)])
def test_the_forge_is_nobodys_author(authors: tuple[str, ...]) -> None:
    assert not may_be_author("hosted", authors, POLICY)


@pytest.mark.parametrize(
    ("people", "authors", "said"),
    [
        (["bob@example.org"], ("octo",), "nobody as octo, who may be bob@example.org: no"),
        (["bob@example.org", "robot"], ("octo-ada", "octo"), "as octo, who may be bob@example.org"),
        (["ada@example.org"], ("octo",), ""),
        (["bob@example.org"], ("octo-ada",), ""),
        (["bob@example.org"], (), ""),
        (["robot"], ("octo",), ""),
    ],
)
def test_why_a_stranger_may_be_one_of_us_is_said(
    people: list[str], authors: tuple[str, ...], said: str
) -> None:
    found = why_strangers(people, authors, POLICY)
    assert (said in found, bool(found)) == (True, bool(said))


def test_accounts_may_stand_at_any_of_ones_keys() -> None:
    second = signer(BOB.name, "b0b1" * 10, accounts=("octo-bob",))
    by = policy(signers=(ADA, BOB, second))
    assert may_be_author(BOB.name, ("octo-bob",), by)
    assert not may_be_author(BOB.name, ("octo",), by)


@pytest.mark.parametrize(
    "roles", [{"developer"}, {"maintainer"}, {"runner", "developer"}, {"auditor"}]
)
def test_only_what_is_a_machine_alone_is_one(roles: Any) -> None:
    mixed = policy(signers=(ROBOT, ROBOT._replace(roles=frozenset(roles))))
    assert may_be_author(ROBOT.name, ("octo",), mixed)
