"""The site as people use it: a real Chromium, the public record, axe on every page."""
