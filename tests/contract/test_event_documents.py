"""The published event documents are those the classes make."""

from pathlib import Path

from shared.events.catalogue import documents

FOLDER = Path(__file__).parents[2] / "docs" / "events"


def test_committed_event_documents_are_those_generated_from_the_classes() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}

    assert committed == documents(), "run: python -m shared.events.catalogue docs/events"
