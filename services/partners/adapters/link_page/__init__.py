"""The page behind the link of a letter, as a browser shows it."""
