"""What `localci.toml` and the policy say: found, read by hand, refused with file and line."""
