"""Counts and spans as sentences print them."""


def times(count: int, one: str, several: str = "") -> str:
    """“1 failure”, “2 failures”, “1,204 promises”."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"
