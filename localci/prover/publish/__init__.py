"""Bring signed lines to the remotes: first into the outbox, then to the notes of each remote."""
