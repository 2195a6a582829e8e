"""The tests of the project, and the news web they read."""
