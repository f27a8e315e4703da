"""When something that repeats is due: cron times on clocks of a zone, moved off closed days, each due instant once."""
