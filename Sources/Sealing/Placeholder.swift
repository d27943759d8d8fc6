// Sealing: see Sources/README.md.
