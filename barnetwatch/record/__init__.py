"""The public record that ships with the project: a file, and what loads it."""
