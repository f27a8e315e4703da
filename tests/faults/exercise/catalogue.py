"""Every fault of an exercise in the order it is done, and those of the design's catalogue that it does not do, with why."""

from typing import Final

from tests.faults.exercise import (
    faults_of_broker,
    faults_of_database,
    faults_of_nodes,
    faults_of_primary,
    faults_of_processes,
    faults_of_restart,
    faults_of_schema,
    restore_drill,
)

FAULTS: Final = (
    *faults_of_processes.FAULTS,
    *faults_of_database.FAULTS,
    *faults_of_broker.FAULTS,
    *faults_of_schema.FAULTS,
    *restore_drill.FAULTS,
)
# Done to a system of two of every process on three broker nodes, a primary and a standby.
CLUSTER_FAULTS: Final = (
    *faults_of_nodes.FAULTS,
    *faults_of_primary.FAULTS,
    *faults_of_restart.FAULTS,
)
BY_NAME: Final = {fault.name: fault for fault in (*FAULTS, *CLUSTER_FAULTS)}
NOT_DONE: Final = {
    "F36": "done by itself: one database is restored while the others go on",
}
