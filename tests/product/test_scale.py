"""A status stays short, however much is said and promised: etcd and everybody who watches hold all of it."""

from __future__ import annotations

from harness.bench import voices


def test_the_status_of_a_service_of_which_much_is_said_is_short() -> None:
    measured = voices.measure()
    assert measured.answers == 20_000
    assert measured.status_bytes <= voices.MOST_BYTES
