"""`make logs`: follow the logs of everything."""

import os
import sys

from deploy.local.folder import stack_folder


def main() -> None:
    logs = sorted((stack_folder().path / "logs").glob("*.log"))
    if not logs:
        sys.stdout.write("There are no logs yet; 'make run' starts the system.\n")
        return
    os.execvp("tail", ["tail", "-n", "20", "-F", *map(str, logs)])  # noqa: S606 -- becomes tail, by design


if __name__ == "__main__":
    main()
