"""Work shared by processes: what each makes or raises comes back, and whoever goes is missed at once."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from threading import Thread

import pytest

from samenloop.errors import ErrorCode, SamenloopError
from samenloop_node import workers
from samenloop_node.workers import worker_processes

LARGE = 8 << 20


def doubled(given: bytes) -> bytes:
    """Return what is given twice; b"" fails, b"!" ends the process."""
    if given == b"!":
        os.kill(os.getpid(), signal.SIGKILL)
    if not given:
        raise ValueError("nothing")
    return given * 2


def asleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def test_what_is_larger_than_any_pipe_comes_back_from_each_process():
    with worker_processes(2, doubled) as have_done:
        made = [have_done(bytes([number]) * LARGE) for number in range(1, 7)]
        assert [len(one.result()) for one in made] == [2 * LARGE] * 6
        assert [one.result()[0] for one in made] == list(range(1, 7))


def test_a_process_goes_on_after_work_that_failed():
    with worker_processes(1, doubled) as have_done:
        failed, made = have_done(b""), have_done(b"a")
        with pytest.raises(ValueError, match="nothing"):
            failed.result()
        assert made.result() == b"aa"


def test_work_of_a_process_that_died_is_an_error_and_the_others_go_on():
    with worker_processes(2, doubled) as have_done:
        died = have_done(b"!")
        with pytest.raises(SamenloopError) as caught:
            died.result()
        assert caught.value.code is ErrorCode.UNAVAILABLE
        made = [have_done(b"a") for _each in range(6)]
        assert {one.exception() is None for one in made} == {True, False}, "each that is left does its share"


def test_no_process_is_left_afterwards_even_when_one_hangs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "_END_SECONDS", 0.2)
    with pytest.raises(KeyError), worker_processes(2, doubled) as have_done:
        have_done(b"a").result()
        hung = multiprocessing.active_children()[0]
        os.kill(hung.pid or 0, signal.SIGSTOP)
        raise KeyError
    hung.join(20)
    assert multiprocessing.active_children() == []


def test_work_that_waits_is_not_begun_any_more_when_the_owner_ends():
    with worker_processes(1, asleep) as have_done:
        begun, waiting = have_done(0.2), have_done(600.0)
    assert begun.result() == 0.2
    assert waiting.cancelled()


def test_a_worker_process_does_not_load_the_command_line_with_the_program_that_started_it():
    """Python imports the main module of the owner in each process: that is the entry of `samenloop-node`."""
    look = "import sys; import samenloop_node.program; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", look], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert "samenloop_node" in loaded
    assert not {"typer", "rich", "pydantic", "cryptography", "samenloop"} & set(loaded)


def test_a_process_works_until_nobody_holds_the_other_end(monkeypatch: pytest.MonkeyPatch):
    ended: list[int] = []
    monkeypatch.setattr(workers.os, "_exit", ended.append)
    monkeypatch.setattr(workers.signal, "signal", lambda *_given: None)
    monkeypatch.setattr(workers.gc, "disable", lambda: None)
    ours, theirs = multiprocessing.Pipe()
    made: list[object] = []
    asking = Thread(target=_ask, args=(ours, made))
    asking.start()
    workers._serve(doubled, theirs)
    asking.join()
    assert made[0] == b"aa"
    assert isinstance(made[1], ValueError)
    assert ended == [0]


def _ask(pipe: Connection, made: list[object]) -> None:
    with pipe:
        for given in (b"a", b""):
            pipe.send(given)
            made.append(pipe.recv())
