"""Suppliers, sources, contracts and what was promised in them."""
