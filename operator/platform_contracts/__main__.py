"""`python -m platform_contracts`, and the console script of the same name."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from importlib.metadata import version
from pathlib import Path

from pydantic import ValidationError

from platform_contracts import config, host, logs


def main(arguments: list[str] | None = None) -> int:
    """Run the operator; returns the exit status: 0 after a signal, 2 for a mistake in the configuration."""
    parser = argparse.ArgumentParser(
        prog="platform-contracts",
        description="The operator of Platform Contracts: runs until it gets a signal, in a pod by its ServiceAccount, "
        "elsewhere by the kubeconfig that KUBECONFIG names.",
        epilog="docs/configuration.md has all settings; each can also be a variable of the environment, for example "
        "PLATFORM_CONTRACTS_LOGGING__LEVEL=debug.",
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=os.environ.get("PLATFORM_CONTRACTS_CONFIG"),
        help="YAML file with settings (default: the one that PLATFORM_CONTRACTS_CONFIG names, else all defaults)",
    )
    parser.add_argument("--check-config", action="store_true", help="say what is wrong with the settings, and end")
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('platform-contracts')}")
    options = parser.parse_args(arguments)
    try:
        loaded = config.load(Path(options.config) if options.config else None)
    except ValidationError as error:
        for mistake in config.mistakes(error):
            print(f"platform-contracts: configuration: {mistake}", file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:
        print(f"platform-contracts: configuration: {error}", file=sys.stderr)
        return 2
    if options.check_config:
        for note in config.absent_files(loaded):
            print(f"platform-contracts: configuration: {note}", file=sys.stderr)
        print("configuration is valid")
        return 0
    logs.configure(loaded.logging)
    try:
        asyncio.run(host.run(loaded))
    except (RuntimeError, OSError) as error:
        print(f"platform-contracts: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
