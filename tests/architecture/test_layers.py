"""Who may import whom: the contracts in pyproject.toml, and what the domain may know."""

import ast
import subprocess
import sys
from typing import Final

from tests.architecture.source_files import ROOT, SERVICES, SourceFile, source_files

# Pure libraries beside the standard library: same arguments, same result.
PURE_LIBRARIES: Final = {
    "rapidfuzz",  # likeness of names
    "numpy",  # arithmetic of whole series at once
    "msgspec",  # one canonical text of what is hashed
    "cronsim",  # wall-clock times of an expression
}
SHARED_IN_DOMAIN: Final = {
    "shared.actors", "shared.documents.rupee_text", "shared.errors", "shared.gstin", "shared.money",
}  # fmt: skip
# Parts of the standard library that reach outside, wait, or answer differently each time.
IMPURE_STANDARD: Final = {
    *("asyncio", "threading", "multiprocessing", "concurrent", "subprocess", "signal", "contextvars"),
    *("os", "io", "pathlib", "shutil", "tempfile", "socket", "ssl", "http", "urllib", "smtplib", "sqlite3"),
    *("logging", "random", "secrets", "time", "sys"),
}


def test_import_contracts_hold() -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as run; run()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_domain_imports_only_what_is_pure() -> None:
    files = source_files(*(f"services/{service}/domain" for service in SERVICES))

    assert not [
        f"{file.name}: {module}" for file in files for module in imported(file) if not is_pure(file, module)
    ]


def imported(file: SourceFile) -> list[str]:
    """Full names of the modules a file imports."""
    modules: list[str] = []
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
    return modules


def is_pure(file: SourceFile, module: str) -> bool:
    top = module.split(".", maxsplit=1)[0]
    own_domain = file.name.split("/domain/")[0].replace("/", ".") + ".domain"
    return (
        module == own_domain
        or module.startswith((f"{own_domain}.", "shared.scheduling."))
        or module in SHARED_IN_DOMAIN
        or top in PURE_LIBRARIES
        or (top in sys.stdlib_module_names and top not in IMPURE_STANDARD)
    )
