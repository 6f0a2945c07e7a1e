"""Measurements, each side by side with what it is held against, in one run on both databases."""
