"""How building and asking grow with the city: one OSM file laid side by side 1, 4 and 16 times.

    python benchmarks/growth.py --osm heidelberg.osm.pbf [--times 1 4 16] [--pairs 200] [--work DIR]

Each copy has ids of its own and is joined to its neighbours by footways over the seams, so that one can walk
across. Each city is built, opened and asked in processes of its own. The walks (0.3 to 3 km) are those of the
first city, in a copy in the middle of the larger ones: the same questions, only the city around them grows.
The design asks that memory and time of a build grow no worse than linearly, and a walk's cost by less than a
factor 2. Times are the processor's, so that others on the machine disturb them less. Not a test: 16 times
Heidelberg takes many minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import osmium

WALKED = ("footway", "pedestrian", "path", "residential", "living_street", "service", "track", "tertiary")
ID_STEP = 10**12
"""From one copy's ids to the next one's; OSM's own are below 2 * 10^10."""
SEAMS = 24
"""Footways over each seam."""
PROFILE = "wheelchair-manual"


class Town:
    """An OSM file and how it is laid out: `width` and `height` in degrees from one copy to the next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.spots = {node.id: (node.lon, node.lat) for node in osmium.FileProcessor(path, osmium.osm.NODE)}
        streets = osmium.FileProcessor(path, osmium.osm.WAY).with_filter(
            osmium.filter.TagFilter(*(("highway", value) for value in WALKED))
        )
        walked = sorted({node.ref for way in streets for node in way.nodes} & self.spots.keys())
        places = np.array([self.spots[ref] for ref in walked])
        # Single long ways lead far out of an extract: the copies lie as close as nearly all of it.
        (west, south), (east, north) = np.percentile(places, [1, 99], axis=0)
        self.width, self.height = float(east - west), float(north - south)
        inside = np.all((places >= (west, south)) & (places <= (east, north)), axis=1)
        self.east_ends = self._find_ends(np.array(walked)[inside], places[inside], 0)
        self.north_ends = self._find_ends(np.array(walked)[inside], places[inside], 1)

    @staticmethod
    def _find_ends(ids: Any, places: Any, axis: int) -> list[tuple[int, int]]:
        """Outermost nodes on both sides, strip by strip along the seam: (high end, low end)."""
        along = places[:, 1 - axis]
        strips = np.linspace(along.min(), along.max(), SEAMS + 1)
        ends = []
        for low, high in pairwise(strips):
            strip = np.flatnonzero((along >= low) & (along <= high))
            if len(strip):
                order = strip[np.argsort(places[strip, axis], kind="stable")]
                ends.append((int(ids[order[-1]]), int(ids[order[0]])))
        return ends

    def write(self, side: int, out: Path) -> None:
        """Write `side` times `side` copies."""
        copies = [(column, row) for row in range(side) for column in range(side)]
        with osmium.SimpleWriter(str(out), overwrite=True) as writer:
            for kind in (osmium.osm.NODE, osmium.osm.WAY, osmium.osm.RELATION):
                for number, (column, row) in enumerate(copies):
                    first = number * ID_STEP
                    for thing in osmium.FileProcessor(self.path, kind):
                        writer.add(self._shift(thing, first, column, row))
                    if kind == osmium.osm.WAY:
                        self._write_seams(writer, side, number)

    def _shift(self, thing: Any, first: int, column: int, row: int) -> Any:
        copy = thing.replace(id=thing.id + first)
        if thing.is_node():
            lon, lat = self.spots[thing.id]
            copy.location = (lon + column * self.width, lat + row * self.height)
        elif thing.is_way():
            copy.nodes = [node.ref + first for node in thing.nodes]
        else:
            copy.members = [(member.type, member.ref + first, member.role) for member in thing.members]
        return copy

    def _write_seams(self, writer: Any, side: int, number: int) -> None:
        column, row = number % side, number // side
        seams = []
        if column + 1 < side:
            seams.append((number + 1, self.east_ends))
        if row + 1 < side:
            seams.append((number + side, self.north_ends))
        for place, (neighbour, ends) in enumerate(seams):
            for at, (high, low) in enumerate(ends):
                nodes = [high + number * ID_STEP, low + neighbour * ID_STEP]
                way_id = (number + 1) * ID_STEP - 1 - place * SEAMS - at
                writer.add(
                    osmium.osm.mutable.Way(id=way_id, version=1, nodes=nodes, tags={"highway": "footway"})
                )


def build(osm: Path, out: Path) -> dict[str, Any]:
    """Build a city; seconds of each step, and the memory it took in all."""
    from wayfinder.city.build import build_city

    begun: dict[str, float] = {}
    began = time.process_time()
    summary = build_city(
        osm, "Growth", out, progress=lambda step, done, total: begun.setdefault(step, time.process_time())
    )
    ended = time.process_time()
    return {
        "build_s": ended - began,
        "build_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "folder_mb": sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6,
        "nodes": summary.info.counts["nodes"],
        "largest_share": summary.largest_share,
        "steps_s": {
            step: round(end - start, 1)
            for step, (start, end) in zip(begun, pairwise([*begun.values(), ended]), strict=True)
        },
    }


def ask(folder: Path, pairs_file: Path, pairs: int) -> dict[str, Any]:
    """Open a city and walk in it; where there are no pairs yet, choose them."""
    from wayfinder.assembly import open_services
    from wayfinder.city.artifact import open_city
    from wayfinder.city.bench import answer
    from wayfinder.geo import LonLat
    from wayfinder.routing.planner import Outcome, RouteRequest

    open_city(folder)
    open_s = min(_time(lambda: open_city(folder)) for _ in range(5))
    began = time.process_time()
    services = open_services(folder)
    ready_s = time.process_time() - began
    planner, network = services.planner, services.graph.network

    def plan(start: LonLat, goal: LonLat, number: int) -> Any:
        limits = {"kerb_up_max_cm": 3 + number % 997 / 1000}  # as nobody has asked for before
        return planner.plan(RouteRequest(start, goal, PROFILE, limits))

    if not pairs_file.exists():
        random = np.random.default_rng(1)
        lon, lat = np.asarray(network.node_lon), np.asarray(network.node_lat)
        chosen: list[list[float]] = []
        while len(chosen) < pairs:
            start = int(random.integers(len(lon)))
            east = (lon - lon[start]) * math.cos(math.radians(lat[start]))
            metres = np.hypot(east, lat - lat[start]) * 111_195
            near = np.flatnonzero((metres >= 300) & (metres <= 3000))
            if not len(near):
                continue
            goal = int(random.choice(near))
            ends = [float(value) for node in (start, goal) for value in (lon[node], lat[node])]
            if plan(LonLat(*ends[:2]), LonLat(*ends[2:]), 0).outcome is Outcome.FOUND:
                chosen.append(ends)
        pairs_file.write_text(json.dumps(chosen))
    walks = [(LonLat(*ends[:2]), LonLat(*ends[2:])) for ends in json.loads(pairs_file.read_text())]
    for number, walk in enumerate(walks[:20]):
        plan(*walk, number + 100)
    plan_s, answer_s, metres = [], [], 0.0
    for number, (start, goal) in enumerate(walks):
        plan_s.append(_time(lambda s=start, g=goal, n=number: plan(s, g, n + 200)))
        limits = {"kerb_up_max_cm": 3.0001 + number % 997 / 1000}
        request = {"from": start, "to": goal, "profile": PROFILE, "limits": limits}
        answer_s.append(_time(lambda r=request: answer(planner, r)))
        metres += sum(route.distance_m for route in plan(start, goal, number + 200).routes)
    return {
        "open_ms": open_s * 1e3,
        "ready_s": ready_s,
        "ask_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "plan_ms": float(np.median(plan_s)) * 1e3,
        "plan_p95_ms": float(np.percentile(plan_s, 95)) * 1e3,
        "answer_ms": float(np.median(answer_s)) * 1e3,
        "answer_p95_ms": float(np.percentile(answer_s, 95)) * 1e3,
        "walked_km": metres / 1e3,
    }


def _time(job: Callable[[], Any]) -> float:
    began = time.process_time()
    job()
    return time.process_time() - began


def _run(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=dict(os.environ))
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def measure(osm: Path, times: list[int], pairs: int, work: Path) -> None:
    """Measure each size and print the table."""
    town = Town(osm)
    rows: list[dict[str, Any]] = []
    first = work / "pairs.json"
    for count in times:
        side = math.isqrt(count)
        file, folder, shifted = work / f"{count}.osm.pbf", work / f"city{count}", work / f"pairs{count}.json"
        if not file.exists():
            town.write(side, file)
        row = {"times": count, **_run("--build", file, folder)}
        print(json.dumps(row), file=sys.stderr, flush=True)
        if first.exists():
            east, north = side // 2 * town.width, side // 2 * town.height
            moved = [
                [a + east, b + north, c + east, d + north] for a, b, c, d in json.loads(first.read_text())
            ]
            shifted.write_text(json.dumps(moved))
        row |= _run("--ask", folder, shifted if first.exists() else first, "--pairs", pairs)
        rows.append(row)
        print(json.dumps(row), file=sys.stderr, flush=True)
    print(format_table(rows))


def format_table(rows: list[dict[str, Any]]) -> str:
    """One line per figure: its values, and how it grew against the first city (per node, or in all)."""
    growing = ("build_s", "build_mb", "folder_mb", "ready_s", "ask_mb")
    asked = ("open_ms", "plan_ms", "plan_p95_ms", "answer_ms", "answer_p95_ms")
    lines = [f"{'':22}" + "".join(f"{row['times']:>11}x" for row in rows)]
    lines.append(f"{'nodes':22}" + "".join(f"{row['nodes']:>12,}" for row in rows))
    for name in (*growing, *asked, "walked_km", "largest_share"):
        lines.append(f"{name:22}" + "".join(f"{row[name]:>12.2f}" for row in rows))
    base = rows[0]
    for name in growing:
        ratios = [row[name] / row["nodes"] / (base[name] / base["nodes"]) for row in rows]
        lines.append(f"{name + ' per node':22}" + "".join(f"{ratio:>12.2f}" for ratio in ratios))
    for name in ("build_s", "build_mb"):
        more = [
            (after[name] - before[name]) / (after["nodes"] - before["nodes"]) * 1e3
            for before, after in pairwise(rows)
        ]
        lines.append(f"{name + ' / 1000 more':22}{'':12}" + "".join(f"{value:>12.2f}" for value in more))
    for name in asked:
        lines.append(f"{name + ' ratio':22}" + "".join(f"{row[name] / base[name]:>12.2f}" for row in rows))
    for step in base["steps_s"]:
        lines.append(
            f"{'  step ' + step + ' s':22}" + "".join(f"{row['steps_s'][step]:>12.1f}" for row in rows)
        )
    return "\n".join(lines)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--osm", type=Path)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 16], help="square numbers")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--work", type=Path, help="keep files here, and use those that are here")
    parser.add_argument("--build", type=Path, nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--ask", type=Path, nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        print(json.dumps(build(*given.build)))
    elif given.ask:
        print(json.dumps(ask(*given.ask, given.pairs)))
    elif not given.osm or any(math.isqrt(count) ** 2 != count for count in given.times):
        parser.error("please give --osm, and square numbers of copies")
    else:
        with tempfile.TemporaryDirectory() as folder:
            work = given.work or Path(folder)
            work.mkdir(parents=True, exist_ok=True)
            measure(given.osm, given.times, given.pairs, work)


if __name__ == "__main__":
    main()
