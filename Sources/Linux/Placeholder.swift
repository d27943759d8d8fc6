// Linux: see Sources/README.md.
