"""Memory: what a worker holds with its components open does not count, what a call takes beyond that does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from aios_sdk.engine.workers._memory import data_size, exact_memory, memory

from ._parts import MIB
from ._pools import Bench, planned, problem, words


def test_what_a_worker_holds_once_a_component_is_open_leaves_each_call_its_allowance(another: Callable[..., Bench]) -> None:
    bench = another(memory_mb=400, count=1)
    first, second = bench.call(planned("large"), ["a", "b"])  # it holds 256 MiB
    assert words(first) == words(second) == [str(256 * MIB)]
    assert problem(bench.call(planned("bad"), ["allocate"], memory_mb=200)[0])[0] == "limit"
    [small] = bench.call(planned("bad"), ["nap"], memory_mb=100)
    assert words(small)[0] == "nap"


def test_opening_has_the_allowance_of_its_component(another: Callable[..., Bench]) -> None:
    category, message = problem(another(memory_mb=60).call(planned("large"), ["a"])[0])
    assert category == "limit"
    assert "test.large" in message


def test_a_component_may_take_twice_what_it_declares(another: Callable[..., Bench]) -> None:
    [answer] = another(memory_mb=60).call(planned("declares-memory"), ["a"])
    assert words(answer) == [str(256 * MIB)]


def test_a_worker_that_keeps_more_and_more_is_replaced_before_a_call_suffers(another: Callable[..., Bench]) -> None:
    bench = another(memory_mb=200, count=1)
    workers = [words(bench.call(planned("hoards"), ["a"])[0])[0] for _ in range(8)]
    assert 1 < len(set(workers)) <= 4


def test_the_greatest_memory_of_a_call_is_told(bench: Bench) -> None:
    [answer] = bench.call(planned("large"), ["a"])
    assert answer.memory is not None
    assert 256 * MIB < answer.memory < 600 * MIB


_FORKING = """
import os, sys, time
from aios_sdk.engine.workers._memory import exact_memory, memory, tree
held = b"x" * (64 << 20)
child = os.fork()
if child == 0:
    time.sleep(1000)
print(child in tree(os.getpid()), memory(os.getpid()) > exact_memory(os.getpid()) + len(held) // 2 > len(held))
os.kill(child, 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not say what is shared")
def test_memory_that_forked_processes_share_is_counted_once() -> None:
    found = subprocess.run([sys.executable, "-c", _FORKING], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["True", "True"]


def test_what_has_ended_takes_no_memory() -> None:
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    assert (memory(ended.pid), exact_memory(ended.pid), data_size(ended.pid)) == (0, 0, 0)
