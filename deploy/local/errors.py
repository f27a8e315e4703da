"""What the local stack says when it cannot go on."""


class StackError(Exception):
    """The local stack cannot do what was asked; the text tells the person at the terminal what to do next."""
