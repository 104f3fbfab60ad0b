"""Terrain models as cities have them: several forms and systems, holes, edges, and files that are none."""

import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.crs import CRS
from rasterio.transform import from_origin

from wayfinder.errors import CityError
from wayfinder.sources.elevation import open_elevation

WEST, NORTH = 9.4, 51.4
CELL_DEG = 0.0001
UTM = Transformer.from_crs("EPSG:4326", "EPSG:25832", always_xy=True)


def write_tif(
    path: Path,
    cells: np.ndarray,
    *,
    crs: str | None = "EPSG:4326",
    corner=(WEST, NORTH),
    cell=CELL_DEG,
    **more,
):
    profile = {
        "driver": "GTiff",
        "height": cells.shape[-2],
        "width": cells.shape[-1],
        "count": cells.shape[0] if cells.ndim == 3 else 1,
        "dtype": cells.dtype.name,
        "crs": CRS.from_string(crs) if crs else None,
        "transform": from_origin(*corner, cell, cell),
        **more,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(cells if cells.ndim == 3 else cells[np.newaxis])
    return path


def slope_east(rows: int = 40, columns: int = 60, per_cell: float = 0.5) -> np.ndarray:
    """Heights that rise by `per_cell` metres from column to column, 200 m in the middle of the first cell."""
    return np.broadcast_to(200.0 + per_cell * np.arange(columns), (rows, columns)).astype(np.float32)


def get_heights(path: Path, *spots: tuple[float, float]) -> list[float]:
    with open_elevation(path) as model:
        return model.get_heights(*np.array(spots, dtype=np.float64).T).round(2).tolist()


def cell(column: float, row: float) -> tuple[float, float]:
    """Position of the middle of a cell."""
    return WEST + (column + 0.5) * CELL_DEG, NORTH - (row + 0.5) * CELL_DEG


def test_heights_lie_between_the_four_cells_around(tmp_path: Path):
    path = write_tif(tmp_path / "plane.tif", slope_east())
    assert get_heights(path, cell(0, 0), cell(10, 5), cell(10.5, 5.25), cell(58.9, 38.9)) == [
        200,
        205,
        205.25,
        229.45,
    ]


def test_the_size_of_a_cell_is_its_longer_side(tmp_path: Path):
    with open_elevation(write_tif(tmp_path / "plane.tif", slope_east())) as model:
        assert (round(model.cell_m, 1), model.step_m) == (11.1, 0.0)


def test_beside_a_hole_and_at_the_edge_there_is_no_height(tmp_path: Path):
    cells = slope_east().copy()
    cells[10, 10], cells[20, 20], cells[30, 30] = -9999, np.nan, 3.0e38
    path = write_tif(tmp_path / "holes.tif", cells, nodata=-9999)
    beside = [cell(c + d, c + e) for c in (10, 20, 30) for d in (-0.9, 0.9) for e in (-0.9, 0.9)]
    beyond = [cell(-0.1, 5), cell(5, -0.1), cell(59.1, 5), cell(5, 39.1), (0.0, 0.0)]
    found = get_heights(path, *beside, *beyond, cell(11.1, 11.1), cell(8.9, 10))
    assert all(math.isnan(height) for height in found[:-2])
    assert found[-2:] == [205.55, 204.45]


def test_a_projected_model_gives_the_same_heights(tmp_path: Path):
    corner = UTM.transform(WEST, NORTH)
    path = write_tif(
        tmp_path / "utm.tif", slope_east(100, 200, 0.5), crs="EPSG:25832", corner=corner, cell=10.0
    )
    spots = [
        UTM.transform(*(corner[0] + 10 * c + 5, corner[1] - 10 * r - 5), direction="INVERSE")
        for c, r in ((3, 3), (150, 80))
    ]
    assert get_heights(path, *spots) == [201.5, 275.0]
    with open_elevation(path) as model:
        assert round(model.cell_m, 1) == 10.0


@pytest.mark.parametrize("name", ["tile.hgt", "n51E009.hgt"])
def test_an_srtm_tile_needs_its_place_in_its_name(tmp_path: Path, name: str):
    cells = np.zeros((1201, 1201), dtype=">i2")
    path = tmp_path / name
    path.write_bytes(cells.tobytes())
    if name == "tile.hgt":
        with pytest.raises(CityError, match=r"tile\.hgt is not a terrain model"), open_elevation(path):
            pass
    else:
        assert get_heights(path, (9.5, 51.5)) == [0.0]


@pytest.mark.parametrize("side", [1201, 3601])
def test_an_srtm_tile_is_read_with_its_voids(tmp_path: Path, side: int):
    cells = np.broadcast_to(np.arange(side), (side, side)).astype(">i2").copy()
    cells[0, 0] = -32768
    path = tmp_path / "N51E009.hgt"
    path.write_bytes(cells.tobytes())
    step = 1 / (side - 1)
    found = get_heights(path, (9 + 300 * step, 51.5), (9.0 + 0.5 * step, 52.0 - 0.5 * step))
    assert found[0] == 300.0 and math.isnan(found[1])
    with open_elevation(path) as model:
        assert model.step_m == 1.0


def test_a_model_may_come_in_a_zip(tmp_path: Path):
    tif = write_tif(tmp_path / "plane.tif", slope_east())
    hgt = tmp_path / "N51E009.hgt"
    hgt.write_bytes(np.full((1201, 1201), 250, dtype=">i2").tobytes())
    for inside, spot, height in ((tif, cell(10, 5), 205.0), (hgt, (9.5, 51.5), 250.0)):
        with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
            archive.write(inside, f"folder/{inside.name}" if inside is tif else inside.name)
            archive.writestr("readme.txt", "heights")
        assert get_heights(tmp_path / "model.zip", spot) == [height]
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.write(tif, "a.tif")
        archive.write(tif, "b.tif")
    with (
        pytest.raises(CityError, match=r"two\.zip holds 2 terrain models"),
        open_elevation(tmp_path / "two.zip"),
    ):
        pass


def test_whole_numbers_with_a_scale_are_metres(tmp_path: Path):
    path = write_tif(tmp_path / "dm.tif", (slope_east() * 10).astype(np.int16))
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (5.0,)
    assert get_heights(path, cell(10, 5)) == [210.0]
    with open_elevation(path) as model:
        assert model.step_m == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: p.write_text("no heights"), "is not a terrain model"),
        (lambda p: p.write_bytes(b""), "is not a terrain model"),
        (lambda p: p.mkdir(), "is a folder, not a terrain model"),
        (lambda p: None, "does not exist"),
        (lambda p: write_tif(p, slope_east(), crs=None), "does not say where its heights lie"),
        (lambda p: write_tif(p, np.zeros((3, 9, 9), dtype=np.uint8)), "is a picture and no terrain model"),
        (lambda p: zipfile.ZipFile(p, "w").close(), "holds 0 terrain models"),
    ],
)
def test_what_is_no_terrain_model_is_said_in_one_sentence(tmp_path: Path, make, sentence: str):
    path = tmp_path / "model.tif"
    make(path)
    with pytest.raises(CityError, match=sentence) as error, open_elevation(path):
        pass
    assert str(tmp_path) not in str(error.value)


def test_a_model_that_is_cut_off_is_said_when_its_cells_are_read(tmp_path: Path):
    path = write_tif(tmp_path / "cut.tif", slope_east(400, 400))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(CityError, match="is not a terrain model"):
        get_heights(path, cell(10, 300))
