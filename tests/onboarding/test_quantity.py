"""Amounts in the form that the API server gives back unchanged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from harness.kubectl import Kubectl
from platform_contracts.kube.quantity import Quantity, canonical

SUFFIXES = (
    "",
    "m",
    "u",
    "n",
    "k",
    "M",
    "G",
    "T",
    "P",
    "E",
    "Ki",
    "Mi",
    "Gi",
    "Ti",
    "Pi",
    "e3",
    "E6",
    "e-2",
    "e0",
    "e+1",
)


@st.composite
def amounts(draw: st.DrawFn) -> str:
    """What people write: digits, perhaps a fraction, a suffix; within the range of a quantity."""
    whole = draw(st.integers(0, 10**6).map(str) | st.sampled_from(["0", "1", "512", "1000", "1024", "1048576"]))
    fraction = draw(st.just("") | st.from_regex(r"\A\.[0-9]{1,4}\Z"))
    suffix = draw(st.sampled_from(SUFFIXES))
    return (str(int(whole) % 9) if suffix == "E" else whole[:3] if suffix in ("P", "Pi") else whole) + fraction + suffix


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("0Gi", "0"),
        ("500m", "500m"),
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1.5", "1500m"),
        ("1000", "1k"),
        ("1024", "1024"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1000Ki", "1000Ki"),
        ("1023.5Ki", "1048064"),
        ("756531.25Ki", "774688k"),
        ("7Ei", "7Ei"),
        ("1e3", "1e3"),
        ("1E3", "1e3"),
        ("12e2", "1200"),
        ("1500M", "1500M"),
        ("1n", "1m"),
        ("1.0001", "1001m"),
        ("-0.5", "-500m"),
        (".5", "500m"),
        ("5.", "5"),
    ],
)
def test_canonical_form(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize("text", ["", "x", "1 Gi", "1gi", "1KI", "Gi", ".", "1e", "--1", "1.2.3", "0x10", "1_000", "٣"])
def test_what_is_no_quantity_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match='write for example "500m", "2" or "4Gi"'):
        Quantity.parse(text)


def test_what_no_quantity_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="larger than any quantity can be"):
        Quantity.parse("10E")


def test_amounts_compare_by_value_whatever_their_suffix() -> None:
    assert Quantity.parse("1Gi") == Quantity.parse("1024Mi")
    assert hash(Quantity.parse("1000m")) == hash(Quantity.parse("1"))
    assert Quantity.parse("999m") < Quantity.parse("1") < Quantity.parse("1Ki")
    assert Quantity.parse("1") != "1"


@given(amounts())
def test_the_canonical_form_means_the_same_and_is_its_own(text: str) -> None:
    form = canonical(text)
    assert Quantity.parse(form) == Quantity.parse(text)
    assert canonical(form) == form


def stored(kubectl: Kubectl, namespace: str, written: list[str]) -> list[str]:
    """The amounts as the API server gives them back from a ResourceQuota."""
    names = [f"requests.example.com/r{number}" for number in range(len(written))]
    kubectl("delete", "resourcequota", "amounts", "-n", namespace, "--ignore-not-found", "--wait")
    quota: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "amounts", "namespace": namespace},
        "spec": {"hard": dict(zip(names, written, strict=True))},
    }
    kubectl("create", "-f", "-", stdin=json.dumps(quota))  # in YAML some amounts would be numbers
    hard = kubectl.get("resourcequota", "amounts", "-n", namespace)["spec"]["hard"]
    return [hard[name] for name in names]


@settings(
    max_examples=6,
    deadline=None,
    # The failing amount is in the message; to shrink takes hundreds of requests.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(amounts(), min_size=60, max_size=120))
def test_the_api_server_gives_canonical_amounts_back_unchanged(
    kubectl: Kubectl, namespace: str, texts: list[str]
) -> None:
    forms = [canonical(text) for text in texts]
    back = stored(kubectl, namespace, forms)
    assert [pair for pair in zip(forms, back, strict=True) if pair[0] != pair[1]] == []
    # What people write may come back in their own words; its value is the same.
    back = [canonical(text) for text in stored(kubectl, namespace, texts)]
    assert [triple for triple in zip(texts, forms, back, strict=True) if triple[1] != triple[2]] == []
