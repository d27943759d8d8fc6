// Dispatching: see Sources/README.md.
