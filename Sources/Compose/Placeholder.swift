// Compose: see Sources/README.md.
