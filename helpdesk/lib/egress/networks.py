"""Where calls may go: the public internet on two ports, and the networks that the operator names."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ssrfguard import DEFAULT_DENIED, AddressTable, Block, Policy, Reach

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PUBLIC_PORTS = frozenset({80, 443})
MAX_URL = 2048  # characters
ATTEMPTS = 2  # addresses of one name that are tried

# Services that hand credentials to whoever asks from inside a cloud: never reachable, whatever is allowed.
METADATA_ADDRESSES = (
    "169.254.169.254",  # AWS, Google, Azure, Oracle, DigitalOcean, OpenStack
    "169.254.170.2",  # AWS tasks
    "169.254.170.23",  # AWS pods
    "169.254.0.23",  # Tencent
    "100.100.100.200",  # Alibaba
    "168.63.129.16",  # Azure's host, a public address
    "192.0.0.192",  # Oracle, older
    "fd00:ec2::254",  # AWS
    "fd00:ec2::23",  # AWS pods
    "fd20:ce::254",  # Google
    "fe80::a9fe:a9fe",  # OpenStack
)


def _denied(network: str, name: str) -> Block:
    return Block(network=ip_network(network), name=name, rfc="-", reach=Reach.DENIED)


# The prefixes that carry an IPv4 address (NAT64, 6to4, ...) belong to it, so that what they carry is judged.
_METADATA = AddressTable(
    (
        *(_denied(address, "metadata") for address in METADATA_ADDRESSES),
        *(block for block in DEFAULT_DENIED.blocks if block.reach is Reach.TRANSLATED),
    )
)
# ssrfguard lets ::ffff:0:0:0/96 (RFC 2765) through and decodes ::/96 (RFC 4291); no receiver lives there.
_CLOSED = (_denied("::ffff:0:0:0/96", "IPv4-translated"), _denied("::/96", "IPv4-compatible"))
_PUBLIC = AddressTable(
    (
        *_CLOSED,
        *(block for block in DEFAULT_DENIED.blocks if block.network not in {c.network for c in _CLOSED}),
    )
)
_NOWHERE = AddressTable((_denied("0.0.0.0/0", "no public port"), _denied("::/0", "no public port")))


@dataclass(frozen=True)
class AllowedNetwork:
    """A network that calls may reach although it is private. `ports` None: every port."""

    network: Network
    ports: frozenset[int] | None = None

    def opens(self, port: int) -> bool:
        return self.ports is None or port in self.ports


class Places(Policy):
    """What may be reached on one port; metadata services never."""

    def check_address(self, address: str | Address) -> None:
        """Raise `ssrfguard.BlockedAddressError` unless the address may be connected to."""
        parsed = ip_address(address) if isinstance(address, str) else address
        _METADATA.classify(parsed).raise_if_blocked()
        super().check_address(parsed)


@lru_cache(maxsize=64)
def places(port: int, allowed: tuple[AllowedNetwork, ...]) -> Places | None:
    """The places reachable on `port`, None if there are none."""
    networks = tuple(item.network for item in allowed if item.opens(port))
    if not networks and port not in PUBLIC_PORTS:
        return None
    return Places(
        allowed_networks=networks,
        allowed_ports=frozenset({port}),
        denied_networks=_PUBLIC if port in PUBLIC_PORTS else _NOWHERE,
        max_connection_attempts=ATTEMPTS,
        max_url_length=8 * MAX_URL,  # after percent-encoding
    )


_ITEM = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<four>[^\[\]:]+))(?::(?P<ports>.*))?", re.ASCII)


@lru_cache(maxsize=16)
def parse_networks(text: str) -> tuple[AllowedNetwork, ...]:
    """`net[:port,…]` items, apart by spaces or semicolons: `127.0.0.0/8:8000,9000 10.0.0.0/8 [::1/128]:8000`.

    Without ports, every port of that network. Raises ValueError with one sentence that names the bad part.
    """
    return tuple(_parse_item(item) for item in re.split(r"[\s;]+", text) if item)


def _parse_item(item: str) -> AllowedNetwork:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise ValueError(f"{item!r} is not a network; write 10.0.0.0/8:8000,9000 or [fd00::/8]:8000.")
    network = _parse_network(match["six"] or match["four"], item)
    if (network.version == 6) != bool(match["six"]):
        raise ValueError(f"{item!r}: only IPv6 networks stand in brackets, as [fd00::/8].")
    return AllowedNetwork(network, None if match["ports"] is None else _parse_ports(match["ports"], item))


def _parse_network(text: str, item: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(f"{item!r} cannot be allowed: {error}.") from error
    try:
        Policy(allowed_networks=(network,))
    except ValueError as error:
        raise ValueError(f"{item!r} carries every IPv4 address; allow the IPv4 network instead.") from error
    return network


def _parse_ports(ports: str, item: str) -> frozenset[int]:
    texts = ports.split(",")
    for text in texts:
        if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
            raise ValueError(f"{item!r}: {text!r} is not a port; write 1 to 65535, apart by commas.")
    return frozenset(map(int, texts))
