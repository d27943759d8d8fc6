// Planning: see Sources/README.md.
