"""What localci does on a forge: find the question in an event, judge it, write down the verdict.

It asks the verifier and nothing else: no key is here, and nothing of a project is run.
"""
