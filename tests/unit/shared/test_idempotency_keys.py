import re
from typing import cast

import pytest
from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import Conflict, Invalid
from shared.idempotency import KEY_PATTERN, KeyReused, StillRunning, once


@pytest.mark.parametrize("key", ["a", "9b2e0c1a-import-october", "!~", "x" * 255])
def test_printable_characters_are_a_key(key: str) -> None:
    assert re.search(KEY_PATTERN, key)


@pytest.mark.parametrize("key", ["", " ", "a b", "a\n", "\x7f", "é", "₹", "a\x00", "x" * 256])
def test_a_key_with_anything_else_or_too_long_is_none(key: str) -> None:
    assert re.fullmatch(KEY_PATTERN, key) is None


def test_a_key_used_for_another_request_is_an_invalid_value_and_one_in_use_a_conflict() -> None:
    assert issubclass(KeyReused, Invalid)
    assert issubclass(StillRunning, Conflict)


async def test_without_a_key_the_work_is_done_each_time_and_nothing_is_looked_up() -> None:
    done: list[int] = []

    async def perform() -> Response:
        done.append(1)
        return Response(status_code=201)

    no_database = cast("AsyncConnection", None)
    replies = [await once(no_database, None, perform), await once(no_database, None, perform)]

    assert [reply.status_code for reply in replies] == [201, 201]
    assert done == [1, 1]
