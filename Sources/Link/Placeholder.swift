// Link: see Sources/README.md.
