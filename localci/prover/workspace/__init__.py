"""The place in which checks run: exactly the commit, a clean environment, nothing of the user's."""
