// Drivers: see Sources/README.md.
