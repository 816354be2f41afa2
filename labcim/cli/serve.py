"""``labcim serve``: a simulated bench for everybody on this machine, over TCP."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .options import AsJson

if TYPE_CHECKING:
    from labcim.sim_backend.wire.serve import Ports


_ENDS = (signal.SIGINT, signal.SIGTERM)


class Road(StrEnum):
    """A protocol that a bench is served by."""

    SOCKET = "socket"
    HISLIP = "hislip"
    VXI11 = "vxi11"


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
    road: Annotated[
        list[Road] | None, typer.Option(help="Serve by this protocol only; may be repeated.")
    ] = None,
    hislip_port: Annotated[int, typer.Option(help="TCP port of HiSLIP; 0: a free one.")] = 0,
    vxi11_port: Annotated[int, typer.Option(help="TCP port of VXI-11; 0: a free one.")] = 0,
    mapper_port: Annotated[
        int | None, typer.Option(help="TCP port of a port mapper for VXI-11; it belongs on 111.")
    ] = None,
    announce: Annotated[
        bool,
        typer.Option(help="Send HiSLIP service requests; PyVISA-py up to 0.8.1 stumbles on them."),
    ] = False,
    idle: Annotated[
        float, typer.Option(help="Hang up on who is silent for so many s; 0: never.", min=0.0)
    ] = 0.0,
    connections: Annotated[int, typer.Option(help="Connections in all.", min=1)] = 64,
    line_limit: Annotated[int, typer.Option(help="Bytes of a message's text.", min=64)] = 2**24,
    block_limit: Annotated[int, typer.Option(help="Bytes of a message's blocks.", min=0)] = 2**28,
    as_json: AsJson = False,
) -> None:
    """Serve a simulated bench; a bench file with these addresses and visa = "@py" drives it.

    The protocols know no authentication: any address but loopback needs --allow.
    """
    from labcim.sim_backend.wire.serve import ROADS, Ports
    from labcim.sim_backend.wire.server import Limits

    options = {
        "roads": road or ROADS,
        "networks": allow or [],
        "limits": Limits(connections, line_limit, block_limit, idle or None),
        "announce": announce,
    }
    ports = Ports(hislip=hislip_port, vxi11=vxi11_port, mapper=mapper_port)
    _serve_until_told(chip, listen, clock == "wall", ports, options, as_json)


def _serve_until_told(
    chip: Path, listen: str, wall: bool, ports: "Ports", options: dict[str, Any], as_json: bool
) -> None:
    from labcim.sim_backend.bench import SimulatedBench
    from labcim.sim_backend.wall_time import WallTime
    from labcim.sim_backend.wire.serve import serve as serve_bench

    with ExitStack() as stack:
        told = stack.enter_context(_signals())
        bench = stack.enter_context(SimulatedBench(chip))
        if wall:
            stack.enter_context(WallTime(bench))
        specs = bench.chip_file.instrument
        ports = replace(ports, sockets={spec.address: spec.port or 0 for spec in specs})
        server = stack.enter_context(serve_bench(bench, listen, ports=ports, **options))
        _tell({spec.address: spec.name for spec in specs}, server.addresses, as_json)
        while told.recv(1)[0] not in _ENDS:
            pass


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Yield a socket where the numbers of signals arrive, whichever thread the system gave them to.

    A handler would not do: it runs in the main thread only, which the signal may not have woken.
    """
    arriving, arrived = socket.socketpair()
    with arriving, arrived:
        arrived.setblocking(False)
        before = signal.set_wakeup_fd(arrived.fileno(), warn_on_full_buffer=False)
        handlers = {number: signal.signal(number, lambda *_: None) for number in _ENDS}
        try:
            yield arriving
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)


def _tell(names: dict[str, str], served: dict[str, dict[str, str]], as_json: bool) -> None:
    """Print addresses by road of each instrument, which JSON calls by its in-process address."""
    addresses = {name: {road: by_name[name] for road, by_name in served.items()} for name in names}
    if as_json:
        print(json.dumps(addresses), flush=True)
        return
    for name, by_road in addresses.items():
        for road, address in by_road.items():
            print(f"{names[name]:16}{road:8}{address}")
    print("Ctrl-C ends it", flush=True)
