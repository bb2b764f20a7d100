"""What a check must not reach: the developer's keys, agents, tokens and localci's own state."""
