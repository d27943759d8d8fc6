// Store: see Sources/README.md.
