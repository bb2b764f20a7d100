"""What the journals of runs and deliveries say over time. Pure."""
