"""Places where a test may let the process die, to prove that nothing is lost or done twice."""

import os
import signal


def failpoint(name: str) -> None:
    """Kill this process if the environment is `test` and names this point in FAILPOINT."""
    if os.environ.get("FAILPOINT") == name and os.environ.get("ENVIRONMENT") == "test":
        os.kill(os.getpid(), signal.SIGKILL)
