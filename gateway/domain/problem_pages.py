"""The page behind a problem's `type`: what the code means and which operations answer with it."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from shared import errors
from shared.errors import Fault, Refusal

Document = Mapping[str, Any]
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


def problem_page(code: str, document: Document) -> str | None:
    """Return the page's HTML, or None for a code that nothing documents."""
    title, status = _general_problems().get(code, ("", 0))
    operations: list[str] = []
    for method, path, example in _documented(document, code):
        title, status = str(example.get("title", title)), int(example.get("status", status))
        operations.append(f"<li><code>{escape(method.upper())} {escape(path)}</code></li>")
    if not title:
        return None
    listed = f"<h2>Answered by</h2><ul>{''.join(operations)}</ul>" if operations else ""
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<title>{escape(title)}</title><link rel='stylesheet' href='/reference/reference.css'>"
        f"<main class='problem'><p class='eyebrow'>Problem {status}</p><h1>{escape(title)}</h1>"
        f"<p><code>{escape(code)}</code></p>{listed}<p><a href='/'>API reference</a></p></main></html>"
    )


def _general_problems() -> dict[str, tuple[str, int]]:
    """Return title and status of the problems that every part can answer with."""
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal | Fault)
    ]
    known = {kind.code: (kind.title, kind.status) for kind in kinds if kind is not Refusal}
    return {**known, "method_not_allowed": ("Method not allowed", 405)}


def _documented(document: Document, code: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, operations in document.get("paths", {}).items():
        for method in sorted(operations.keys() & _METHODS):
            for reply in operations[method].get("responses", {}).values():
                examples = reply.get("content", {}).get("application/problem+json", {}).get("examples", {})
                if code in examples:
                    yield method, path, examples[code].get("value", {})
