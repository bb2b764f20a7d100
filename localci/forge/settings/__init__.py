"""A forge's own settings: what is missing there, shown first, then merged into what is there.

Nothing that localci did not make is overwritten or removed. What an answer holds and localci does
not know goes back as it came.
"""
