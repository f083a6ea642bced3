"""A folder outside the checkout for what is made once: each entry is named after its source, and is whole or absent."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.progress import step


def cache_root() -> Path:
    """PLATFORM_CONTRACTS_CACHE, else `platform-contracts` in the user's cache folder."""
    named = os.environ.get("PLATFORM_CONTRACTS_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "platform-contracts"


def entry(name: str, folder: Path, *more: str) -> Path:
    """Where that stands which go.mod and go.sum in `folder`, the machine and `more`, such as build flags, decide."""
    digest = hashlib.sha256()
    for part in (
        (folder / "go.mod").read_bytes(),
        (folder / "go.sum").read_bytes(),
        "\0".join(more).encode(),
        f"{sys.platform}/{platform.machine()}".encode(),
    ):
        digest.update(hashlib.sha256(part).digest())
    return cache_root() / "programs" / f"{name}-{digest.hexdigest()[:12]}"


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """One process at a time; the lock goes with the process, however it ends."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f"{target.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step(f"Waiting for another process that builds {target.name}"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """A folder that becomes `target` in one step, or vanishes: nobody ever sees half a build."""
    scratch = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=target.parent))
    try:
        yield scratch
        scratch.chmod(0o755)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
