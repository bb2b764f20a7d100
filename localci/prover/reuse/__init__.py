"""Whether a check has to run again: what its result depends on, and what is known of it."""
