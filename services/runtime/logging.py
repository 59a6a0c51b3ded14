"""One structlog pipeline for our own records and those of the libraries.

A log event is past tense in snake_case with its facts as members: `log.info("batch_published", records=100)`. Never
log a body, a token or an answer: tracebacks are written without local variables, and aiokafka, which writes whole
records at its debug level, stays at info.
"""

import logging
import sys
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import Processor

_NEVER_AT_DEBUG: Final = ("aiokafka", "asyncio")


def configure_logging(
    log_format: Literal["json", "console"], log_level: str, *, service: str, stream: TextIO | None = None
) -> None:
    """Send every record of the process through the one pipeline, to stderr unless another stream is given."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _named(service),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[ProcessorFormatter.remove_processors_meta, *_renderers(log_format)],
        )
    )
    level = logging.getLevelNamesMapping()[log_level.upper()]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NEVER_AT_DEBUG:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    logging.captureWarnings(capture=True)


def logger(name: str) -> BoundLogger:
    """The logger of a module, to be called with its `__name__`."""
    bound: BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def _named(service: str) -> Processor:
    def add_service(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    return add_service


def _renderers(log_format: Literal["json", "console"]) -> list[Processor]:
    if log_format == "console":
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(without_locals), structlog.processors.JSONRenderer()]
