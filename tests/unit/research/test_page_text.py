"""What a fetched file is by its bytes, however it is written."""

import pytest

from services.research.adapters.page_text import page_text
from services.research.adapters.web_client import FetchStopped

COMMENT = b"<!-- kept by the editor -->\n"


@pytest.mark.parametrize(
    "opening",
    [
        b"<!DOCTYPE html>",
        b"<HTML>",
        b"\xef\xbb\xbf \n<body>",
        b"<?xml version='1.0'?><html>",
        3 * COMMENT + b"<html>",
    ],
)
def test_markup_is_known_by_how_it_begins(opening: bytes) -> None:
    page = page_text(opening + b"<title>Gensets</title><p>Nine weeks</p>", "text/html; charset=utf-8")

    assert (page.format, page.title) == ("html", "Gensets")


def test_a_page_of_nothing_but_comments_is_told_apart_at_once() -> None:
    """Taken apart in every possible way they would keep a worker busy for longer than it lives."""
    with pytest.raises(FetchStopped, match="it is called text/html and is txt"):
        page_text(150 * COMMENT + b"Nothing", "text/html")
