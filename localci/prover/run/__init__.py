"""Run the planned checks in the workspace and say of each: passed, failed, or no verdict."""
