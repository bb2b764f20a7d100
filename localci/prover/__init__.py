"""The prover: from a commit to a signed result on the remote. It runs code and holds a key."""
