"""The search for circles is put off for a while and no longer."""

import gc

import pytest

from barnetwatch.lib import collector


def test_it_is_on_again_whatever_happened_meanwhile():
    def a_job() -> None:
        with collector.put_off():
            assert not gc.isenabled()
            raise KeyError

    assert gc.isenabled()
    with pytest.raises(KeyError):
        a_job()
    assert gc.isenabled()


def test_who_has_put_it_off_already_is_not_disturbed():
    with collector.put_off():
        with collector.put_off():
            pass
        assert not gc.isenabled()
