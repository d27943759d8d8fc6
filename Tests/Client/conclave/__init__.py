"""A client of Conclave for tests, written from the folder proto/ alone. Section numbers are those of proto/README.md."""
