// Segments: see Sources/README.md.
