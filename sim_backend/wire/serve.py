"""Serve a bench over TCP on every road: raw sockets, HiSLIP, VXI-11."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from labcim.errors import RangeError

from .bench import Bench
from .hislip_road import HislipRoad
from .networks import networks_of
from .server import Limits, Server
from .socket_road import open_sockets
from .vxi11_road import Vxi11Road

log = logging.getLogger(__name__)

ROADS: Final = ("socket", "hislip", "vxi11")


@dataclass(frozen=True)
class Ports:
    """TCP ports; 0 is a free one.

    sockets: by the bench's resource name.  hislip, vxi11: one each, for all instruments.
    mapper: of the port mapper that VXI-11 clients without a port ask; None: there is none.
    """

    sockets: Mapping[str, int] = field(default_factory=dict)
    hislip: int = 0
    vxi11: int = 0
    mapper: int | None = None


def serve(
    bench: Bench,
    host: str = "127.0.0.1",
    *,
    roads: Sequence[str] = ROADS,
    ports: Ports | None = None,
    networks: Sequence[str] = (),
    limits: Limits | None = None,
    announce: bool = False,
) -> Server:
    """Serve every instrument of a bench, and return at once.

    networks: who may connect besides this machine, such as "192.168.1.0/24"; without them host must
    be a loopback address.  announce: whether HiSLIP clients are sent what they did not ask for
    (service requests, interruptions): PyVISA-py 0.8.1 takes that for the answer to its next query.
    Raises RangeError for a host that strangers could reach, and for a port that is taken.
    """
    for road in roads:
        if road not in ROADS:
            raise RangeError(f"road = {road}: accepts {', '.join(ROADS)}")
    allowed = networks_of(networks, host)
    if allowed:
        log.warning("serving without authentication to %s", ", ".join(networks))
    limits = limits or Limits()
    server = Server(allowed, limits)
    try:
        _open(server, bench, host, roads, ports or Ports(), limits, announce)
    except BaseException:
        server.close()
        raise
    server.start()
    return server


def _open(
    server: Server,
    bench: Bench,
    host: str,
    roads: Sequence[str],
    ports: Ports,
    limits: Limits,
    announce: bool,
) -> None:
    opened = server.addresses
    if "socket" in roads:
        opened["socket"] = open_sockets(server, bench, host, dict(ports.sockets), limits)
    if "hislip" in roads:
        opened["hislip"] = HislipRoad(bench, limits, announce).open(server, host, ports.hislip)
    if "vxi11" in roads:
        road = Vxi11Road(bench, limits)
        opened["vxi11"] = road.open(server, host, ports.vxi11)
        if ports.mapper is not None:
            server.mapper_port = road.open_mapper(server, host, ports.mapper)
