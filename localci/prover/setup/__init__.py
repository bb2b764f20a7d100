"""What a newcomer needs once: checks, policy, key and trust, proposed and written to files."""
