// Logging: see Sources/README.md.
