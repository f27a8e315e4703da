"""`make reset`: forget the data, secrets and logs of a stack that does not run."""

import shutil
import sys

from deploy.local.backing import postgres_folder
from deploy.local.errors import StackError
from deploy.local.folder import stack_folder


def main() -> int:
    folder = stack_folder()
    if not folder.path.exists():
        sys.stdout.write("There is nothing to forget.\n")
        return 0
    try:
        with folder.locked():
            data = postgres_folder(folder)
            shutil.rmtree(data, ignore_errors=True)
            if folder.path not in data.parents:
                data.parent.rmdir()
            shutil.rmtree(folder.path)
    except StackError as error:
        sys.stderr.write(f"Not reset: {error}\n")
        return 1
    sys.stdout.write(f"Forgot {folder.path}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
