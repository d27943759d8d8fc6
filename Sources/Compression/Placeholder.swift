// Compression: see Sources/README.md.
