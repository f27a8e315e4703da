"""What a reader may rely on everywhere: short files, short functions, names that say something."""

import ast
import re
from typing import Final

import pytest

from tests.architecture.source_files import FunctionNode, SourceFile, product_files, source_files

FILE_LINES_MAX: Final = 400
FUNCTION_LINES_MAX: Final = 60
FUNCTION_LINES_USUAL: Final = 30
USUAL_SHARE: Final = 0.9
PARAMETERS_MAX: Final = 5
POSITIONAL_MAX: Final = 4
EMPTY_MODULE_NAMES: Final = {"utils", "util", "helpers", "helper", "common", "core", "misc", "tools", "stuff"}
EMPTY_VERBS: Final = re.compile(r"_*(process|handle|manage|do|data|info)(_|$)")
UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

# More parameters than five, each with its reason.
MANY_PARAMETERS: Final[dict[str, str]] = {}


def every_function() -> list[tuple[SourceFile, FunctionNode]]:
    return [(file, function) for file in product_files() for function in file.functions()]


def lines_of(function: FunctionNode) -> int:
    """Lines from `def` to the end, the docstring left out: explaining costs nothing."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    explained = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - explained


def test_files_are_short_enough_to_be_read() -> None:
    files = (*(file for file in product_files() if not file.is_migration), *source_files("tests"))

    assert not [file.name for file in files if len(file.text.splitlines()) > FILE_LINES_MAX]


def test_functions_fit_on_a_screen() -> None:
    assert not [
        f"{file.name}: {function.name}"
        for file, function in every_function()
        if lines_of(function) > FUNCTION_LINES_MAX and not file.is_migration
    ]


def test_nine_functions_of_ten_are_of_usual_length() -> None:
    lengths = [lines_of(function) for _, function in every_function()]

    assert sum(length <= FUNCTION_LINES_USUAL for length in lengths) / len(lengths) >= USUAL_SHARE


def test_functions_have_few_parameters_and_fewer_by_position() -> None:
    """Routes and constructors name what the caller sends; there is nothing to bundle."""
    counted = [
        (f"{file.name}: {function.name}", *parameters_of(function))
        for file, function in every_function()
        if not is_route(function) and function.name != "__init__"
    ]
    crowded = [
        name for name, positional, in_all in counted if positional > POSITIONAL_MAX or in_all > PARAMETERS_MAX
    ]

    assert sorted(crowded) == sorted(MANY_PARAMETERS)


def parameters_of(function: FunctionNode) -> tuple[int, int]:
    """How many by position, and in all; the object itself is none."""
    arguments = function.args
    by_position = [
        one.arg for one in (*arguments.posonlyargs, *arguments.args) if one.arg not in {"self", "cls"}
    ]
    return len(by_position), len(by_position) + len(arguments.kwonlyargs)


def is_route(function: FunctionNode) -> bool:
    return any("router." in ast.unparse(decorator) for decorator in function.decorator_list)


def test_no_module_has_a_name_that_says_nothing() -> None:
    files = (*product_files(), *source_files("tests"))

    assert not [file.name for file in files if EMPTY_MODULE_NAMES & set(file.path.with_suffix("").parts)]


def test_no_function_begins_with_a_verb_that_says_nothing() -> None:
    assert not [
        f"{file.name}: {function.name}"
        for file, function in every_function()
        if EMPTY_VERBS.match(function.name)
    ]


def test_every_module_opens_with_a_sentence_of_purpose() -> None:
    """One summary line that ends like a sentence; `...:` introduces what follows."""
    openings = {file.name: (ast.get_docstring(file.tree) or "").split("\n\n")[0] for file in product_files()}

    assert not [name for name, opening in openings.items() if not re.fullmatch(r"\S[\s\S]*[.:?`]", opening)]


def test_nothing_is_left_to_be_done_later() -> None:
    files = [file for file in (*product_files(), *source_files("tests")) if file.name != own_name()]

    assert not [file.name for file in files if UNFINISHED.search(file.text)]


def own_name() -> str:
    return "tests/architecture/test_tidiness.py"


@pytest.mark.parametrize("folder", ["services", "shared", "gateway"])
def test_processes_log_and_never_print(folder: str) -> None:
    assert not [
        f"{file.name}:{node.lineno}"
        for file in source_files(folder)
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
