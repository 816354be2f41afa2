"""Who may connect to a server: this machine, and the networks that were named."""

import ipaddress
from collections.abc import Sequence

from labcim.errors import RangeError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(texts: Sequence[str], host: str) -> tuple[Network, ...]:
    """Return the named networks. Raises RangeError for a host that strangers could reach."""
    networks = tuple(_network(text) for text in texts)
    if not networks and not _is_loopback(host):
        raise RangeError(
            f"host = {host}: accepts a loopback address, since these protocols have no "
            "authentication; name the networks that may connect to listen on another one"
        )
    return networks


def is_welcome(host: str, networks: Sequence[Network]) -> bool:
    """Whether a client from an address may connect."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback or any(address in network for network in networks)


def in_name(host: str) -> str:
    """Return a host as a VISA resource name has it: an IPv6 address in brackets (VPP-4.3)."""
    return f"[{host}]" if ":" in host else host


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise RangeError(f"network = {text}: accepts such as 192.168.1.0/24 ({error})") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
