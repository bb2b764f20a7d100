"""All that localci does with GnuPG: `command` is the only way in for its programs."""
