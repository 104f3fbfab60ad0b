"""What a city folder keeps of a survey beside its network: facts kept apart, closures, places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import orjson

from wayfinder.city.survey_matching import Matched, PlaceFact
from wayfinder.routing.attributes import Interval
from wayfinder.routing.standing_changes import Closure
from wayfinder.routing.surveyed import SURVEYED, EdgeFact, FactValue

LAYERS_FOLDER: Final = "layers/"


class Layer(NamedTuple):
    """What a city folder keeps beside the network of one survey."""

    facts: tuple[EdgeFact, ...]
    closures: tuple[Closure, ...]
    places: tuple[PlaceFact, ...]


def pack_layer(matched: Matched, facts: Sequence[EdgeFact]) -> bytes:
    """A layer file: the facts a survey may not merge, its closures and what it says of places."""
    mapping = matched.survey.mapping
    return orjson.dumps(
        {
            "name": mapping.name,
            "licence": mapping.licence,
            "attribution": mapping.attribution,
            "facts": [
                {"edge": f.edge, "attribute": f.attribute, "value": _pack_value(f.value), "day": f.day}
                for f in facts
            ],
            "closures": [
                {
                    "edges": list(closure.edges),
                    "begins_s": closure.begins_s,
                    "ends_s": closure.ends_s,
                    "values": {name: _pack_value(value) for name, value in sorted(closure.values.items())},
                    "day": closure.day,
                }
                for closure in matched.closures
            ],
            "places": [list(place[:4]) for place in matched.places],
        }
    )


def unpack_layer(content: bytes, edge_count: int) -> Layer:
    """Read a layer file.

    Raises
    ------
    ValueError, KeyError, TypeError
        It is damaged.
    """
    document = orjson.loads(content)
    source = str(document["name"])
    facts = tuple(
        EdgeFact(
            int(row["edge"]), _check(row["attribute"]), _unpack_value(row["value"]), int(row["day"]), source
        )
        for row in document["facts"]
    )
    closures = tuple(
        Closure(
            tuple(int(edge) for edge in row["edges"]),
            row["begins_s"],
            row["ends_s"],
            {_check(name): _unpack_value(value) for name, value in row["values"].items()},
            int(row["day"]),
            source,
        )
        for row in document["closures"]
    )
    places = tuple(
        PlaceFact(str(row[0]), str(row[1]), str(row[2]), int(row[3]), source) for row in document["places"]
    )
    edges = [*(fact.edge for fact in facts), *(edge for closure in closures for edge in closure.edges)]
    if edges and not 0 <= min(edges) <= max(edges) < edge_count:
        raise ValueError("a layer names an edge that the network does not have")
    return Layer(facts, closures, places)


def _check(attribute: str) -> str:
    if attribute not in SURVEYED:
        raise ValueError(f"a layer speaks of {attribute}")
    return attribute


def _pack_value(value: FactValue) -> object:
    if isinstance(value, Interval):
        return [value.low, value.high if np.isfinite(value.high) else None]
    return value


def _unpack_value(value: object) -> FactValue:
    if isinstance(value, list):
        low, high = value
        return Interval(float(low), float("inf") if high is None else float(high))
    if isinstance(value, int | float):
        return float(value)
    return str(value)
