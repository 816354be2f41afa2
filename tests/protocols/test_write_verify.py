from .running import run


def test_x():
    assert run
