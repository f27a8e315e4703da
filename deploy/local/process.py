"""One of our own processes, started and watched like the servers beside it."""

import http.client
import sys
import time
from typing import Final

from deploy.local.child import Child, Guard, Launch, Program
from deploy.local.errors import StackError
from deploy.local.folder import CHECKOUT, StackFolder
from deploy.local.ports import LOOPBACK, is_answered
from deploy.local.topology import ProcessPlan

START_TIMEOUT_SECONDS: Final = 240.0  # a few at rest; the machine may have much else to do
STOP_GRACE_SECONDS: Final = 25.0  # an API finishes open requests for up to twenty


class PythonProcess:
    """Runs one module of the checkout; ready when its port says so."""

    def __init__(
        self, plan: ProcessPlan, folder: StackFolder, guard: Guard, *, launch: Launch | None = None
    ) -> None:
        self.name = plan.name
        self.plan = plan
        self._guard = guard
        self._launch = launch
        self._program = Program(
            name=plan.name,
            command=(sys.executable, "-m", plan.module),
            log=folder.log(plan.name.replace(" ", "-").lower()),
            grace_seconds=STOP_GRACE_SECONDS,
            environment={"PYTHONPATH": str(CHECKOUT), **plan.environment},
        )
        self.child: Child | None = None

    def start(self) -> None:
        """Start the process and return when it is ready; StackError when it ends or stays silent."""
        child = self.child = Child(self._program, self._guard, self._launch)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if child.exit_code is not None:
                raise StackError(f"the {self.name} ended with code {child.exit_code}:\n{child.log_tail()}")
            if self._is_ready():
                return
            time.sleep(0.05)
        raise StackError(
            f"the {self.name} was not ready within {START_TIMEOUT_SECONDS:.0f} s:\n{child.log_tail()}"
        )

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()

    def _is_ready(self) -> bool:
        if self.plan.ready_path is None:
            return is_answered(self.plan.port)
        connection = http.client.HTTPConnection(LOOPBACK, self.plan.port, timeout=5)
        try:
            connection.request("GET", self.plan.ready_path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
