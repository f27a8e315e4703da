"""Runs commands of containers as the image would: `python image_host.py` in the image's folders, plans on stdin.

Each command is `python -m module …` in a fork of this process, which has imported libraries and what all share; what the
image's lock does not name cannot be imported. A fork gets exactly the environment of its plan. On the second line of
stdin, or at its end, every fork is told to end; then their exit codes are printed.
"""

import importlib
import json
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

# What several processes import and would otherwise each pay for.
MORE = (
    "asyncssh",
    "httpx",
    "lxml.etree",
    "python_multipart",
    "xlsxwriter",
    "shared.service_app",
    "shared.service_worker",
)


class LeftOut(MetaPathFinder):
    """Finds nothing, and says so first, for modules of distributions that the image does not have."""

    def __init__(self, packages: set[str]) -> None:
        self._left_out = {
            module
            for module, distributions in packages_distributions().items()
            if not {name.lower().replace("_", "-").replace(".", "-") for name in distributions} & packages
        }

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in self._left_out:
            raise ModuleNotFoundError(f"{name} is not in the image: deploy/requirements.lock", name=name)
        return None


def main() -> int:
    task = json.loads(sys.stdin.readline())
    sys.path[0] = os.getcwd()  # noqa: PTH109 - as a string, as Python itself puts it there
    sys.meta_path.insert(0, LeftOut(set(task["packages"])))
    for module in (*importlib.import_module("deploy.local.nursery").LIBRARIES, *MORE):
        importlib.import_module(module)
    running: dict[str, int] = {}
    for plan in task["plans"]:
        process = os.fork()
        if process == 0:
            _become(plan, task["user"])
        if plan["once"]:
            _, status = os.waitpid(process, 0)
            _say({plan["name"]: os.waitstatus_to_exitcode(status)})
        else:
            running[plan["name"]] = process
    sys.stdin.readline()
    for process in running.values():
        os.kill(process, signal.SIGTERM)
    _say({name: os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for name, process in running.items()})
    return 0


def _say(codes: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(codes) + "\n")
    sys.stdout.flush()


def _become(plan: dict[str, object], user: int | None) -> None:
    """Run the plan's command to its end; never returns."""
    log = os.open(str(plan["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    os.environ.clear()
    os.environ.update(plan["environment"])  # type: ignore[call-overload]
    python, switch, module, *words = plan["command"]  # type: ignore[misc]
    assert (python, switch) == ("python", "-m")
    sys.argv = [module, *words]
    code: object = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code or 0
        if not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
    except BaseException:  # noqa: BLE001 - the end of a process
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    assert Path("deploy").is_dir(), "start it in the folders of the image"
    sys.exit(main())
