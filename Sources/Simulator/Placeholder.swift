// Simulator: see Sources/README.md.
