"""All that localci does with git: `command` is the only way in for git processes."""
