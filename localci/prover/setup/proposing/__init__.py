"""What a repository uses, as checks that `localci init` proposes. Nothing of the project is run.

`propose.py` is the door: it has `found_checks.py` look, one module an ecosystem, or
`workflow_translation.py` take over workflows, and `proposed_toml.py` write down what they found.
"""
