"""From result to signed line: statement, key, signature; and which of my results hold already."""
