"""`make status`: say what runs and where."""

import sys

from deploy.local.folder import stack_folder
from deploy.local.record import running_stack


def main() -> int:
    folder = stack_folder()
    if not folder.path.exists():
        sys.stdout.write("Nothing was ever started here; 'make run' does.\n")
        return 0
    stack = running_stack(folder)
    if not folder.is_locked() or stack is None:
        state = "starting or stopping" if folder.is_locked() else "stopped"
        sys.stdout.write(f"The stack in {folder.path} is {state}.\n")
        return 0
    sys.stdout.write(f"{stack.url}\n")
    for part in stack.parts:
        state = f"runs (pid {part.pid})" if part.is_alive else "ended"
        sys.stdout.write(f"  {part.name:<18} {state:<18} {part.log}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
