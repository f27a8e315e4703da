"""Faults of RabbitMQ, none of which a caller may notice: facts are told later."""

import time
from typing import Final

from tests.faults.exercise.fault import Fault, Scene


def _broker_is_away(scene: Scene) -> str:
    scene.system.terminate("RabbitMQ")
    time.sleep(scene.seconds)
    scene.system.start("RabbitMQ")
    return f"stopped for {scene.seconds:g} s"


def _broker_dies(scene: Scene) -> str:
    scene.system.kill("RabbitMQ")
    scene.system.start("RabbitMQ")
    return "killed while messages were confirmed, started again"


def _broker_closes_connections(scene: Scene) -> str:
    for _ in range(3):
        scene.system.rabbitmq.control("close_all_connections", "exercise")
        time.sleep(0.5)
    return "all connections closed three times"


def _broker_has_no_memory(scene: Scene) -> str:
    scene.system.rabbitmq.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        time.sleep(scene.seconds)
    finally:
        scene.system.rabbitmq.control("set_vm_memory_high_watermark", "0.4")
    return f"its alarm of memory stood for {scene.seconds:g} s"


def _broker_has_no_disk(scene: Scene) -> str:
    scene.system.rabbitmq.control("set_disk_free_limit", "100000GB")
    try:
        time.sleep(scene.seconds)
    finally:
        scene.system.rabbitmq.control("set_disk_free_limit", "50MB")
    return f"its alarm of disk room stood for {scene.seconds:g} s"


NOTHING: Final = "nothing: facts are told later"
FAULTS: Final = (
    Fault("broker-away", ("F17",), NOTHING, _broker_is_away),
    Fault("broker-dies", ("F18",), NOTHING, _broker_dies),
    Fault("broker-without-memory", ("F19",), NOTHING, _broker_has_no_memory),
    Fault("broker-without-disk", ("F19",), NOTHING, _broker_has_no_disk),
    Fault("broker-closes-connections", ("F20",), NOTHING, _broker_closes_connections),
)
