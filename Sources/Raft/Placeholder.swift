// Raft: see Sources/README.md.
