// Primitives: see Sources/README.md.
