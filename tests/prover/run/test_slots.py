from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from localci.prover.run.slots import HELD_VARIABLE, MachineSlots

HOLDER = """
import sys
from localci.prover.run.slots import MachineSlots

with MachineSlots(2, {}) as slots:
    assert slots.try_take("x", int(sys.argv[1]))
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(weight: int) -> subprocess.Popen[str]:
    """Start another run that holds so many slots until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(weight)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate()


def test_all_runs_share_the_slots() -> None:
    other = holder(1)
    with MachineSlots(2, {}) as slots:
        assert slots.try_take("a", 1)
        assert not slots.try_take("b", 1)
        slots.give_back("a")
        assert slots.try_take("b", 1)
        assert not slots.try_take("a", 1)
        end(other)
        assert slots.try_take("a", 1)


def test_slots_are_free_as_soon_as_their_holder_is_killed() -> None:
    other = holder(2)
    with MachineSlots(2, {}) as slots:
        assert not slots.try_take("a", 1)
        other.kill()
        other.communicate()
        assert slots.try_take("a", 2)


def test_a_heavy_check_gathers_slots_and_nobody_else_gets_in_between() -> None:
    first, second = holder(1), holder(1)
    with MachineSlots(2, {}) as slots, MachineSlots(2, {}) as light:
        assert not slots.try_take("heavy", 2)
        end(first)
        assert not slots.try_take("heavy", 2)
        assert not light.try_take("light", 1)
        end(second)
        assert slots.try_take("heavy", 2)
        slots.give_back("heavy")
        assert light.try_take("light", 1)


def test_what_was_gathered_is_given_up() -> None:
    other = holder(1)
    with MachineSlots(2, {}) as slots, MachineSlots(2, {}) as light:
        assert not slots.try_take("heavy", 2)
        assert not light.try_take("light", 1)
        slots.give_up()
        assert light.try_take("light", 1)
    end(other)


def test_a_lighter_check_takes_of_what_was_gathered() -> None:
    other = holder(1)
    with MachineSlots(2, {}) as slots:
        assert not slots.try_take("heavy", 2)
        assert slots.try_take("light", 1)
        end(other)
        assert not slots.try_take("heavy", 2)
        slots.give_back("light")
        assert slots.try_take("heavy", 2)


@pytest.mark.parametrize("weight", [1, 2, 7])
def test_a_run_inside_of_a_check_has_its_slots_already(weight: int) -> None:
    other = holder(2)
    with MachineSlots(2, {HELD_VARIABLE: "1"}) as slots:
        assert slots.try_take("a", weight)
        slots.give_back("a")
    end(other)


def test_more_than_there_are_is_all_of_them() -> None:
    with MachineSlots(2, {}) as slots, MachineSlots(2, {}) as other:
        assert slots.try_take("a", 9)
        assert not other.try_take("b", 1)
