"""Logs that repeat what others wrote and obey none of it: libraries quote in theirs whatever a page says."""

import logging

from archive.harmless import line_text


def plain_logs() -> None:
    """Let nothing that this process logs speak to a terminal, or pass for a line of the log's own."""
    logging.setLogRecordFactory(_PlainRecord)


class _PlainRecord(logging.LogRecord):
    _told: str | None = None

    def getMessage(self) -> str:  # noqa: N802 - its name
        return line_text(super().getMessage())

    @property
    def exc_text(self) -> str | None:
        """The traceback, which ends with what the exception says."""
        return self._told

    @exc_text.setter
    def exc_text(self, text: str | None) -> None:
        self._told = None if text is None else line_text(text)
