"""The ways a document travels: each sends one delivery once, or says why it could not."""
