// Seams: see Sources/README.md.
