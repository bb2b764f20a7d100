"""All that localci does with OpenSSH: `command` is the only way in for its programs."""
