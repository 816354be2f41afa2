"""Hold a bench, switch its outputs on, say so, and wait to be killed: a host process for tests.

python host_process.py bench.toml read|run
"""

import sys
import threading
from pathlib import Path

from labcim.bench_file import load_bench
from labcim.host import Host

sys.path.insert(0, str(Path(__file__).parents[1]))

from ways_to_wait import CELLS, Wait, steps, waiting


def main() -> None:
    path, what = Path(sys.argv[1]), sys.argv[2]
    with Host(load_bench(path), path, name="doomed") as host:
        assert host.watchdog is not None
        if what == "read":
            host.station.cells.read(CELLS, 0.2, gate=3.0)
            print(host.watchdog.pid, flush=True)
            sys.stdin.read()
            return
        begun = threading.Event()
        pid = host.watchdog.pid
        threading.Thread(target=lambda: begun.wait() and print(pid, flush=True)).start()
        stop = host.run(waiting(host, steps, begun), Wait())
        print(f"{stop.state} {stop.safe} {stop.reason}", flush=True)


if __name__ == "__main__":
    main()
