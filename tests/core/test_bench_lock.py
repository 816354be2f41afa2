import subprocess
import sys
import threading
import time

import pytest

from labcim.bench_file import BenchFile
from labcim.bench_lock import BenchLock, card_of, instrument_keys, live_cards
from labcim.errors import BenchHeldError


@pytest.fixture(autouse=True)
def private(tmp_path, monkeypatch):
    monkeypatch.setenv("LABCIM_RUNTIME", str(tmp_path / "runtime"))


def bench(*addresses: str, visa: str = "@py", name: str = "left table") -> BenchFile:
    line = {"high": 4.0}
    return BenchFile.model_validate(
        {
            "bench": {"name": name, "visa": visa},
            "chip": {
                "identity": "c", "rows": 2, "columns": 2, "limits": {"row": line, "column": line},
            },
            "instruments": {
                f"i{n}": {"driver": "any", "address": address}
                for n, address in enumerate(addresses)
            },
            "cells": "i0",
        }
    )  # fmt: skip


def lock(a_bench: BenchFile, path, name: str = "somebody") -> BenchLock:
    return BenchLock(a_bench, path / "bench.toml", name)


def test_a_second_claim_is_refused_at_once_with_the_holder(tmp_path):
    first = lock(bench("GPIB0::4::INSTR"), tmp_path, "labcim run")
    first.acquire()
    first.describe(run="write_verify")
    began = time.monotonic()
    with pytest.raises(BenchHeldError) as refused:
        lock(bench("GPIB0::4::INSTR"), tmp_path).acquire()
    assert time.monotonic() - began < 1.0
    for said in ("labcim run", str(first.card.pid), "left table", "write_verify"):
        assert said in str(refused.value)
    first.release()


def test_one_common_instrument_is_enough_to_collide_and_nothing_stays_held(tmp_path):
    first = lock(bench("GPIB0::4::INSTR"), tmp_path)
    first.acquire()
    with pytest.raises(BenchHeldError):
        lock(bench("GPIB0::3::INSTR", "gpib::4::instr"), tmp_path).acquire()
    other = lock(bench("GPIB0::3::INSTR"), tmp_path)
    other.acquire()
    first.release()
    other.release()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("TCPIP::localhost::5025::SOCKET", "@py"), ("tcpip0::127.0.0.1::5025::SOCKET", ""), True),
        (
            ("TCPIP::localhost,4881::inst0::INSTR", ""),
            ("TCPIP0::127.0.0.1,4881::inst0::INSTR", ""),
            True,
        ),
        (("GPIB0::4::INSTR", "@ivi"), ("GPIB0::4::INSTR", "@py"), True),
        (("GPIB0::4::INSTR", "/a/chip.toml@labcim"), ("GPIB0::4::INSTR", "@py"), False),
        (("GPIB0::4::INSTR", "/a@labcim"), ("GPIB0::4::INSTR", "/b@labcim"), False),
        (("GPIB0::4::INSTR", "@py"), ("GPIB1::4::INSTR", "@py"), False),
    ],
)
def test_an_instrument_is_known_by_address_and_world(one, other, same):
    keys = [instrument_keys(bench(address, visa=visa)) for address, visa in (one, other)]
    assert (keys[0] == keys[1]) is same


def test_a_bench_can_be_taken_after_it_was_let_go(tmp_path):
    for _ in range(3):
        held = lock(bench("GPIB0::4::INSTR"), tmp_path)
        held.acquire()
        held.release()
        held.release()


def test_the_lock_of_a_killed_process_locks_nobody_out(tmp_path):
    held = (
        "import sys, os, signal; from pathlib import Path\n"
        "from labcim.bench_file import BenchFile; from labcim.bench_lock import BenchLock\n"
        "lock = BenchLock(BenchFile.model_validate_json(sys.stdin.readline()), Path('b'), 'x')\n"
        "lock.acquire(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    text = bench("GPIB0::4::INSTR").model_dump_json()
    ended = subprocess.run([sys.executable, "-c", held], input=text, text=True, check=False)
    assert ended.returncode == -9
    mine = lock(bench("GPIB0::4::INSTR"), tmp_path)
    mine.acquire()
    assert [card.name for card in live_cards()] == ["somebody"]
    mine.release()


def test_of_many_claims_at_once_one_wins(tmp_path):
    many = 8
    wanted = bench("GPIB0::4::INSTR", "GPIB0::5::INSTR")
    start, over = threading.Barrier(many), threading.Barrier(many)
    winners: list[BenchLock] = []

    def claim() -> None:
        mine = lock(wanted, tmp_path)
        start.wait()
        try:
            mine.acquire()
            winners.append(mine)
        except BenchHeldError:
            pass
        over.wait()

    for _ in range(10):
        claimants = [threading.Thread(target=claim) for _ in range(many)]
        for claimant in claimants:
            claimant.start()
        for claimant in claimants:
            claimant.join()
        assert len(winners) == 1
        for winner in winners:
            winner.release()
        winners.clear()


def test_the_holder_of_a_bench_is_found_and_gone_when_it_let_go(tmp_path):
    held = lock(bench("GPIB0::4::INSTR"), tmp_path)
    held.acquire()
    held.describe(endpoint="unix:there")
    found = card_of(bench("GPIB0::4::INSTR", "GPIB0::5::INSTR"))
    assert found is not None and found.endpoint == "unix:there"
    held.release()
    assert card_of(bench("GPIB0::4::INSTR")) is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"pid": "x"}', '{"pid": 1, "keys": 5}'])
def test_a_damaged_card_tells_nothing_and_harms_nothing(text, tmp_path):
    held = lock(bench("GPIB0::4::INSTR"), tmp_path)
    held.acquire()
    (tmp_path / "runtime" / f"{held.keys[0]}.host").write_text(text)
    assert list(live_cards()) == []
    with pytest.raises(BenchHeldError, match="another process"):
        lock(bench("GPIB0::4::INSTR"), tmp_path).acquire()
    held.release()
