// Noise: see Sources/README.md.
