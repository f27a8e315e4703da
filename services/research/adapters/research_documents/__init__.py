"""Documents of research as people read them: battlecards, set in the house style."""
