"""What is to run: the commits of a push, their checks in order, and what identifies each check."""
