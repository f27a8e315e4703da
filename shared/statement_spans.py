"""Statements as spans of the request, event or job that they were made for."""

import time

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

from shared.trace import Span
from shared.tracing import current_trace, note_span


def trace_statements(engine: Engine) -> None:
    """Tell of each statement of an engine with its text, in which there are names of parameters and no values."""
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)
    event.listen(engine, "handle_error", _fail)


def _begin(
    _connection: Connection,
    _cursor: DBAPICursor,
    _statement: str,
    _parameters: object,
    context: ExecutionContext,
    _many: object,
) -> None:
    context.began = time.perf_counter()  # type: ignore[attr-defined]  # a context is a place for notes on one statement


def _end(
    _connection: Connection,
    _cursor: DBAPICursor,
    statement: str,
    _parameters: object,
    context: ExecutionContext,
    _many: object,
) -> None:
    _note(statement, context, is_error=False)


def _fail(failure: ExceptionContext) -> None:
    if failure.statement is not None and failure.execution_context is not None:
        _note(failure.statement, failure.execution_context, is_error=True)


def _note(statement: str, context: ExecutionContext, *, is_error: bool) -> None:
    trace, began = current_trace(), getattr(context, "began", None)
    if trace is None or began is None:
        return
    text = " ".join(statement.split())
    seconds = time.perf_counter() - began
    attributes = {"db.system.name": "postgresql", "db.query.text": text}
    note_span(trace.child(), Span(text.partition(" ")[0], "CLIENT", seconds, attributes, is_error))
