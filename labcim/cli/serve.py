"""``labcim serve``: a simulated bench for everybody on this machine, over TCP."""

import json
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from .options import AsJson


def add_commands(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("serve")(serve)


def serve(
    chip: Annotated[Path, typer.Argument(help="The chip file (TOML).")],
    listen: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    allow: Annotated[
        list[str] | None, typer.Option(help="A network that may connect, as 192.0.2.0/24.")
    ] = None,
    clock: Annotated[
        Literal["simulated", "wall"],
        typer.Option(help="Who moves the chip's time: its clock line, or the wall clock."),
    ] = "wall",
    as_json: AsJson = False,
) -> None:
    """Serve a simulated bench; a bench file with these addresses and visa = "@py" drives it.

    The protocols know no authentication: any address but loopback needs --allow.
    """
    from labcim.sim_backend.bench import SimulatedBench
    from labcim.sim_backend.wall_time import WallTime
    from labcim.sim_backend.wire.tcp_server import serve as serve_tcp

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        bench = stack.enter_context(SimulatedBench(chip))
        if clock == "wall":
            stack.enter_context(WallTime(bench))
        ports = {spec.address: spec.port for spec in bench.chip_file.instrument if spec.port}
        server = serve_tcp(bench, host=listen, ports=ports, networks=allow or [])
        stack.callback(server.close)
        addresses = {
            name: f"TCPIP0::{listen}::{port}::SOCKET" for name, port in server.addresses.items()
        }
        _tell(addresses, as_json)
        ended.wait()


def _tell(addresses: dict[str, str], as_json: bool) -> None:
    if as_json:
        print(json.dumps(addresses), flush=True)
        return
    for name, address in addresses.items():
        print(f"{name:40}{address}")
    print("Ctrl-C ends it", flush=True)
