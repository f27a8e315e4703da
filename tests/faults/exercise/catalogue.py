"""Every fault of an exercise in the order it is done, and those of the design's catalogue that it does not do, with why."""

from typing import Final

from tests.faults.exercise import (
    faults_of_broker,
    faults_of_database,
    faults_of_processes,
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
BY_NAME: Final = {fault.name: fault for fault in FAULTS}
NOT_DONE: Final = {
    "F25": "the local broker is one node; three nodes and a minority are the cluster's",
    "F36": "done by itself: one database is restored while the others go on",
    "F38": "no service reads from a standby, so no decision can rest on one",
}
