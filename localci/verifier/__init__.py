"""The verifier: note → envelope → statement → result → policy → verdict.

It executes nothing of the project and holds no key. `judge` takes bytes and makes every decision;
`evidence` fetches what it needs; `verdict` says what came out.
"""
