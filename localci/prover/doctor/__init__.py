"""What stands in the way here, and the command that mends it: one module a topic."""
