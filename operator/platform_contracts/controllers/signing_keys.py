"""The keys that sign links and seal sessions: those of the file that the configuration names, as it is now."""

from __future__ import annotations

from pathlib import Path

import structlog

log = structlog.get_logger("links")

# As many characters as 24 random bytes have in base64.
SHORTEST_KEY = 32


class UnusableKeysError(ValueError):
    """The file holds no key, or a short one; the message repeats nothing of it."""


class SigningKeys:
    """Reads the file anew whenever it is another one."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        # What the file was like when it was last looked into, and what it gave.
        self._seen: tuple[int, int, int] | None = None
        self._unusable = False
        self._keys: tuple[str, ...] = ()

    @property
    def current(self) -> tuple[str, ...]:
        """The keys that the file has now, the newest first; where it cannot be used, those that it had before, and none
        where it is gone: who deletes the Secret ends all that it signed."""
        if self._file is None:
            return ()
        try:
            stat = self._file.stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if version != self._seen:
                self._keys = read_keys(self._file.read_text(errors="replace"))
                self._seen, self._unusable = version, False
        except (OSError, UnusableKeysError) as error:
            if isinstance(error, FileNotFoundError):
                self._keys, self._seen = (), None
            if not self._unusable:
                reason = str(error) if isinstance(error, UnusableKeysError) else "it cannot be read"
                log.warning("web.signingKeysFile is not used", reason=reason, links=bool(self._keys))
            self._unusable = True
        return self._keys


def read_keys(text: str) -> tuple[str, ...]:
    """The keys of a file, the newest first. Raises UnusableKeysError."""
    keys = tuple(text.split())
    if not keys:
        raise UnusableKeysError("it holds no key")
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise UnusableKeysError(
            f"it holds a key of less than {SHORTEST_KEY} characters; openssl rand -base64 32 makes one"
        )
    return keys
