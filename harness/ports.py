"""Free loopback ports that stay ours."""

from __future__ import annotations

import random
import socket

# Below the range from which Linux takes ports for outgoing connections: a server that is down for a restart
# must not find its port taken by some client.
LOWEST, HIGHEST = 15_000, 32_000

_reservations: list[socket.socket] = []


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody uses, reserved for as long as this process lives.

    The reservation is an abstract socket of that number: other processes of this harness see it at once, and
    it vanishes with its owner.
    """
    for port in random.sample(range(LOWEST, HIGHEST), k=1000):
        reservation = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            reservation.bind(f"\0platform-contracts-port-{port}")
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        _reservations.append(reservation)
        return port
    raise OSError(f"no free port on 127.0.0.1 between {LOWEST} and {HIGHEST}")
