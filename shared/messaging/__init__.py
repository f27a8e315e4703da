"""The broker: what is declared there, how events are sent and how they are received."""
