"""Hosts that are born ready to be killed: everything is imported once, each host is a fork.

Reads one JSON order a line: {"bench", "record", "told", "recipe"}; answers the process number.
The host writes a line to the file ``told`` for every document that the record has taken, after the
record's call came back: what stands there was acknowledged.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import labcim.app.bench
import labcim.instruments.crossbar_board
import labcim.instruments.simulated_clock
import labcim.transport
from labcim.app.recipes import new_recipe, spec_of
from labcim.bench_file import load_bench
from labcim.db.store import Store
from labcim.documents import Attempt, Document, Pulses, UnitDone
from labcim.host import Host
from labcim.programming.write_verify import Tuner


def be_a_host(order: dict[str, Any]) -> None:
    """Run the recipe of an order; tell what was acknowledged."""
    told = os.open(order["told"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    pulses = 0

    def acknowledged(document: Document) -> None:
        nonlocal pulses
        if isinstance(document, Pulses):
            pulses += int(document.train["count"].sum())
        unit = document.unit if isinstance(document, Attempt | UnitDone) else ""
        say(type(document).__name__, unit, pulses)

    def say(*words: object) -> None:
        os.write(told, json.dumps([*words, time.time()]).encode() + b"\n")

    path = Path(order["bench"])
    with Store(order["record"]) as store, Host(load_bench(path), path) as host:
        say("open", "", 0)
        recipe = new_recipe(**order["recipe"])
        host.run(spec_of(recipe), recipe, required_sinks=[store, acknowledged])
        say("end", "", pulses)


def warmed_up() -> bool:
    """Tune without instruments, so that no host spends its first second on compiled loops."""
    tuner = Tuner(np.full(4, 1e-5), new_recipe("write_verify").schedule(), None)
    for reading in (1e-6, 3e-5):
        tuner.decide(np.full(len(tuner.active), reading), np.ones(len(tuner.active), bool))
    return True


def main() -> None:
    """Make a host for every order until there are no more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the killed must not stay as zombies
    keep = labcim.transport.load_library("@py"), warmed_up()
    assert all(keep)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            be_a_host(json.loads(line))
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
