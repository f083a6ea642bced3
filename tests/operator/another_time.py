"""The operator with a clock that is wrong by so many seconds: `python another_time.py CONFIGURATION SECONDS [still]`.

With `still` the clock stands: it is always the moment at which the operator was started.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from platform_contracts import config, host, logs


def main(file: str, seconds: str, still: str = "") -> None:
    """Run until SIGTERM."""
    loaded, wrong = config.load(Path(file)), timedelta(seconds=float(seconds))
    started = datetime.now(UTC)
    logs.configure(loaded.logging)
    asyncio.run(host.run(loaded, now=lambda: (started if still else datetime.now(UTC)) + wrong))


if __name__ == "__main__":
    main(*sys.argv[1:])
