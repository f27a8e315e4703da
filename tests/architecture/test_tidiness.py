"""What a reader may rely on everywhere: short files, short functions, names that say something."""

import ast
import re
from typing import Final

import pytest

from tests.architecture.source_files import FunctionNode, SourceFile, product_files, source_files

FILE_LINES_MAX: Final = 400
TEST_FILE_LINES_MAX: Final = 500  # tables of cases are long and simple
FUNCTION_LINES_MAX: Final = 60
FUNCTION_LINES_USUAL: Final = 30
USUAL_SHARE: Final = 0.9
PARAMETERS_MAX: Final = 5
OWN_PARAMETERS_MAX: Final = 6  # of a function that only its own module calls
EMPTY_MODULE_NAMES: Final = {"utils", "util", "helpers", "helper", "common", "core", "misc", "tools", "stuff"}
EMPTY_VERBS: Final = re.compile(r"_*(process|handle|manage|do|data|info)(_|$)")
UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")

# Each exception has its reason; one that is no longer needed fails its test.
LONG_FILES: Final[dict[str, str]] = {
    "shared/access.py": "one table of every route; in two files nobody would see all of it at once",
}
CROWDED: Final = {
    "services/payments/application/decide_lines.py: carry_out": "what is decided, for whom and when",
    "services/payments/application/receive_bank_statement.py: _add_statement": "the columns of one row",
    "services/payments/application/reverse_receipt.py: reverse_receipt": "the facts of one reversal, by name",
    "services/payments/domain/decision_making.py: no_receipt": "the parts of one decision, by name",
    "shared/jobs/table.py: enqueue": "the settings of one job, by name",
    "shared/service_worker.py: run_worker": "the parts of one worker, by name",
}
NAMES_OF_OTHERS: Final = {
    "deploy/local/mail_catcher.py: handle_DATA": "aiosmtpd calls its handlers so",
    "gateway/adapters/upstream_connection.py: data_received": "asyncio calls its protocols so",
    "gateway/api/direct.py: data_received": "asyncio calls its protocols so",
    "gateway/domain/merged_openapi.py: _info": "OpenAPI calls this object so",
}


def every_function() -> list[tuple[SourceFile, FunctionNode]]:
    return [(file, function) for file in product_files() for function in file.functions()]


def lines_of(function: FunctionNode) -> int:
    """Lines from `def` to the end, the docstring left out: explaining costs nothing."""
    docstring = function.body[0] if ast.get_docstring(function) else None
    explained = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - explained


def test_files_are_short_enough_to_be_read() -> None:
    long_files = {
        file.name
        for file in product_files()
        if len(file.text.splitlines()) > FILE_LINES_MAX and not file.is_migration
    }

    assert long_files == set(LONG_FILES)
    assert not [
        file.name for file in source_files("tests") if len(file.text.splitlines()) > TEST_FILE_LINES_MAX
    ]


def test_functions_fit_on_a_screen() -> None:
    assert not [
        f"{file.name}: {function.name}"
        for file, function in every_function()
        if lines_of(function) > FUNCTION_LINES_MAX and not file.is_migration
    ]


def test_nine_functions_of_ten_are_of_usual_length() -> None:
    lengths = [lines_of(function) for _, function in every_function()]

    assert sum(length <= FUNCTION_LINES_USUAL for length in lengths) / len(lengths) >= USUAL_SHARE


def test_functions_have_few_parameters() -> None:
    """Routes and constructors are left out: they name what the caller sends, and there is nothing to bundle."""
    crowded = {
        f"{file.name}: {function.name}"
        for file, function in every_function()
        if not is_route(function) and function.name != "__init__"
        if parameter_count(function) > parameters_allowed(function)
    }

    assert crowded == set(CROWDED)


def parameter_count(function: FunctionNode) -> int:
    arguments = function.args
    named = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in named if name not in {"self", "cls"}])


def parameters_allowed(function: FunctionNode) -> int:
    return OWN_PARAMETERS_MAX if function.name.startswith("_") else PARAMETERS_MAX


def is_route(function: FunctionNode) -> bool:
    return any("router" in ast.unparse(decorator) for decorator in function.decorator_list)


def test_no_module_has_a_name_that_says_nothing() -> None:
    files = (*product_files(), *source_files("tests"))

    assert not [file.name for file in files if EMPTY_MODULE_NAMES & set(file.path.with_suffix("").parts)]


def test_no_function_begins_with_a_verb_that_says_nothing() -> None:
    empty = {
        f"{file.name}: {function.name}"
        for file, function in every_function()
        if EMPTY_VERBS.match(function.name)
    }

    assert empty == set(NAMES_OF_OTHERS)


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
