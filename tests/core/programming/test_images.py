from pathlib import Path

import numpy as np
import pytest

from labcim.errors import RecipeError
from labcim.programming.images import COMPUTED, conductances, image_for, load_image, resize


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_computed_pictures_fill_the_grey_scale(name: str):
    image = image_for(name, 64, 48)
    assert image.shape == (64, 48)
    assert image.min() >= 0.0
    assert image.max() <= 1.0
    assert np.ptp(image) > 0.8


def test_resizing_keeps_the_mean_grey():
    image = np.random.default_rng(1).random((37, 53))
    for shape in ((8, 8), (64, 64), (37, 10)):
        assert np.isclose(resize(image, *shape).mean(), image.mean())


def test_shrinking_by_two_averages_four_points():
    image = np.arange(16.0).reshape(4, 4)
    assert np.allclose(resize(image, 2, 2), [[2.5, 4.5], [10.5, 12.5]])


def test_levels_are_spread_evenly_from_low_to_high():
    g = conductances(np.linspace(0, 1, 101)[None, :], 2e-6, 38e-6, levels=4)
    assert np.allclose(np.unique(g), [2e-6, 14e-6, 26e-6, 38e-6])


def test_the_same_picture_reads_the_same_from_every_format_to_one_grey_level(tmp_path: Path):
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    np.save(tmp_path / "a.npy", grey)
    np.savetxt(tmp_path / "a.csv", grey, delimiter=",", fmt="%d")
    (tmp_path / "a.pgm").write_bytes(b"P5\n# a remark\n4 3\n255\n" + grey.tobytes())
    text = " ".join(str(level) for level in grey.ravel())
    (tmp_path / "b.pgm").write_text(f"P2 4 3 255\n{text}\n")
    from matplotlib.image import imsave

    imsave(tmp_path / "a.png", grey, cmap="gray", vmin=0, vmax=255)
    for name in ("a.npy", "a.csv", "a.pgm", "b.pgm", "a.png"):
        assert np.allclose(load_image(tmp_path / name), grey / 255.0, atol=0.005), name


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pgm", b"P5 4 3 255\n12"),
        ("a.pgm", b"P5 99999999 99999999 255\n"),
        ("a.pgm", b"P5"),
        ("a.csv", b"1,2\n3,x\n"),
        ("a.csv", b"1,nan\n"),
        ("a.csv", b"-3,700\n"),
        ("a.npy", b"\x80\x04K\x01."),
        ("a.png", b"no picture"),
        ("a.exe", b"MZ"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecipeError, match="a\\."):
        load_image(tmp_path / name)


def test_a_pickle_in_an_npy_file_is_never_loaded(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([[object()]]), allow_pickle=True)
    with pytest.raises(RecipeError):
        load_image(tmp_path / "a.npy")


def test_a_missing_picture_is_named(tmp_path: Path):
    with pytest.raises(RecipeError, match=r"none\.png"):
        load_image(tmp_path / "none.png")
