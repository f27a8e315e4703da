"""Where one person must not approve what they made, persons are compared: a key is its owner's hand."""

import ast

from tests.architecture.source_files import SourceFile, product_files


def raises(function: ast.AST, name: str) -> bool:
    return any(
        isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) == name
        for node in ast.walk(function)
    )


def calls(function: ast.AST, name: str) -> bool:
    return any(isinstance(node, ast.Call) and ast.unparse(node.func) == name for node in ast.walk(function))


def checks(files: list[SourceFile]) -> list[tuple[str, ast.AST]]:
    return [
        (f"{file.name}: {function.name}", function)
        for file in files
        if "MakerIsChecker(" in file.text
        for function in file.functions()
        if raises(function, "MakerIsChecker")
    ]


def test_every_check_of_two_people_compares_the_people_behind_the_actors() -> None:
    found = checks(list(product_files()))

    assert len(found) > 5
    assert [name for name, function in found if not calls(function, "is_same_person")] == []


def test_every_constraint_of_two_people_compares_the_people_behind_the_actors() -> None:
    constraints = [
        (file.name, ast.unparse(node))
        for file in product_files()
        if "/orm/" in file.name and "CheckConstraint" in file.text
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "CheckConstraint"
        and any(name in ast.unparse(node) for name in ("two_people", "maker_does_not", "waived_by_another"))
    ]

    assert len(constraints) > 5
    assert [name for name, text in constraints if "person_behind" not in text] == []
