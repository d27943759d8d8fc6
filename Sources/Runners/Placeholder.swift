// Runners: see Sources/README.md.
