"""What a run leaves in the state directory, and who follows it: background, wait, status, logs."""
