"""The verifier: note → envelope → statement → result → policy → verdict.

It executes nothing of the project and holds no key. `judge` takes bytes and makes every decision;
`collect` fetches what it needs; `evidence` is data; `verdict` says what came out.
"""
