"""Python's search for circles among what it holds, put off while a job makes millions of values."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def put_off() -> Iterator[None]:
    """No search during a block. What is in no circle is freed as always.

    Of the values of an import none are in circles, and a search goes through all that are held,
    again and again: it took a third of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
