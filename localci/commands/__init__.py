"""One module a command: `configure(parser)` says what it takes, `execute(arguments)` does it."""
