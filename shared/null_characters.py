"""U+0000, which JSON may say and no text of PostgreSQL keeps."""

from collections.abc import Iterator

from shared.errors import FieldProblem


def null_characters_in(value: object, pointer: str = "") -> Iterator[FieldProblem]:
    """The texts and names of a JSON value that hold one, by their JSON pointers."""
    if isinstance(value, str):
        if "\0" in value:
            yield FieldProblem(pointer, "expected a text without the null character U+0000")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if "\0" in name:
                yield FieldProblem(pointer, "expected names without the null character U+0000")
            else:
                yield from null_characters_in(
                    inner, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
                )
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from null_characters_in(inner, f"{pointer}/{place}")
