"""The verdict on the forge, for people to see (`localci post`).

It says what is known and proves nothing: what lets a change in is the verifier's own check.
"""
