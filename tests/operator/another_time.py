"""The operator with a clock that is wrong by so many seconds: `python another_time.py CONFIGURATION SECONDS`."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platform_contracts import config, host, logs


def main(file: str, seconds: str) -> None:
    """Run until SIGTERM."""
    loaded, wrong = config.load(Path(file)), timedelta(seconds=float(seconds))
    logs.configure(loaded.logging)
    asyncio.run(host.run(loaded, now=lambda: datetime.now(UTC) + wrong))


if __name__ == "__main__":
    main(*sys.argv[1:])
