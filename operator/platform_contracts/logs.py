"""Structured logs on standard error: one event a line, for the operator's own code and the libraries' alike."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import Processor

from platform_contracts.config import LogFormat, Logging


def configure(settings: Logging) -> None:
    """Send all logs of the process through structlog."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.format is LogFormat.JSON
        # The default draws a traceback with all variables, which takes seconds in which nothing else runs.
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    handler.addFilter(_without_kopfs_insides)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.level.upper())
    # Kopf tells of every handler's call on INFO; its warnings are worth reading.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    # It warns that it leaves signals to us.
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)


def _without_kopfs_insides(record: logging.LogRecord) -> bool:
    """A watch that fails is everyday, and the host starts it anew: what failed is said once, without a traceback."""
    if record.name.startswith("kopf._core.reactor."):
        record.exc_info = None
    # asyncio tells again of Kopf's tasks that failed after the first.
    return record.name != "asyncio" or "/kopf/" not in record.getMessage()
