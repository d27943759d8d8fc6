// CommandLine: see Sources/README.md.
