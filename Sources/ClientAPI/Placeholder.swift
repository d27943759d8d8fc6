// ClientAPI: see Sources/README.md.
