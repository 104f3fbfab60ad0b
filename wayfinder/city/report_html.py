"""The city report as one HTML file that asks nothing of any other: text first, then a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wayfinder.city.artifact import City
from wayfinder.city.districts import District
from wayfinder.city.markup import Markup, tag
from wayfinder.city.report import Report
from wayfinder.city.report_document import (
    MAP,
    Block,
    Heading,
    OrderedList,
    Paragraph,
    Table,
    build_document,
)
from wayfinder.city.report_map import LAYERS, Marker, draw_map
from wayfinder.i18n import Catalogue, get_catalogue
from wayfinder.speech.labels import label_attribute, label_profile

MOST_ROWS: Final = 50
MOST_MARKERS: Final = 20
_STYLE: Final = """
:root{--text:#1a1a1a;--ground:#fff;--quiet:#555;--line:#8a8a8a;--known:#0b5394;--unknown:#c2410c;--bar:#f2f2f2;
--estimated:#6b21a8}
*{box-sizing:border-box}
body{margin:0;color:var(--text);background:var(--ground);font:100%/1.5 system-ui,"Segoe UI",Roboto,
"Noto Sans","Liberation Sans",sans-serif;overflow-wrap:break-word}
header,main,footer{max-width:75rem;margin:0 auto;padding:0 1rem}
h1{font-size:1.75rem;line-height:1.25}h2{font-size:1.4rem;margin-top:2.5rem}h3{font-size:1.125rem;margin-top:1.75rem}
p,li{max-width:45rem}a{color:var(--known)}nav ul{padding-left:1.25rem}
:focus-visible{outline:3px solid var(--known);outline-offset:2px}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.9375rem}
caption{text-align:left;font-weight:600;padding-bottom:.375rem}
th,td{border-bottom:1px solid var(--line);padding:.3125rem .625rem;text-align:left;vertical-align:top}
thead th{background:var(--bar);vertical-align:bottom}tbody th{font-weight:600}
.number{text-align:right;font-variant-numeric:tabular-nums}td.number{white-space:nowrap}.words{min-width:14rem}
fieldset{border:1px solid var(--line);margin:.75rem 0;padding:.5rem .75rem}
label{display:inline-block;margin:.125rem 1rem .125rem 0;padding:.25rem 0}input{margin:0 .375rem 0 0}
.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
.legend svg{width:3rem;height:.75rem;min-width:0;border:0;vertical-align:middle;margin-right:.375rem}
svg{display:block;width:100%;min-width:40rem;height:auto;border:1px solid var(--line);background:#fff}
.legend svg{display:inline-block}
path{fill:none;stroke:#b9b9b9;stroke-width:1.25px;vector-effect:non-scaling-stroke;stroke-linecap:round}
.spot{stroke-width:5px;stroke:transparent}.border{stroke:#555;stroke-width:2px;stroke-dasharray:8 4}
path.known{stroke:var(--known);stroke-width:2.5px}
path.estimated{stroke:var(--estimated);stroke-width:2.5px;stroke-dasharray:9 3 2 3}
path.unknown{stroke:var(--unknown);stroke-width:2.5px;stroke-dasharray:3 4}
.marker{display:none}
.marker circle{fill:#1a1a1a;stroke:#fff;stroke-width:2px;vector-effect:non-scaling-stroke}
.marker text{fill:#fff;font-size:80px;font-weight:700;text-anchor:middle}
@media print{.scroll{overflow:visible}nav,fieldset{display:none}}
"""


def build_html(report: Report, city: City, districts: Sequence[District], language: str) -> str:
    """Write the page.

    Parameters
    ----------
    districts
        Those the report was made with; their borders are drawn.
    """
    words = get_catalogue(language)
    blocks = build_document(report, language, MOST_ROWS)
    title = next(block.text for block in blocks if isinstance(block, Heading))
    head, body = _split_head(blocks)
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", title),
            tag("style", Markup(_STYLE + _style_layers(report))),
        ),
        tag(
            "body",
            tag("header", *map(_write, head), _write_contents(body, words)),
            tag("main", *map(_write, body), _write_map(report, city, districts, words)),
            tag("footer", tag("p", report.city.attribution)),
        ),
        lang=words.gettext("report.lang"),
    )
    return f"<!DOCTYPE html>\n{page}\n"


def _split_head(blocks: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """What stands before the second heading, and the rest."""
    second = next(at for at, block in enumerate(blocks) if isinstance(block, Heading) and block.level == 2)
    return list(blocks[:second]), list(blocks[second:])


def _write_contents(blocks: Sequence[Block], words: Catalogue) -> Markup:
    items = [
        tag("li", tag("a", block.text, href=f"#{block.anchor}"))
        for block in blocks
        if isinstance(block, Heading) and block.level == 2
    ]
    return tag("nav", tag("ul", *items), aria_label=words.say("report.contents"))


def _write(block: Block) -> Markup:
    if isinstance(block, Heading):
        return tag(f"h{block.level}", block.text, id=block.anchor)
    if isinstance(block, Paragraph):
        return tag("p", block.text)
    if isinstance(block, OrderedList):
        return tag("ol", *(tag("li", item) for item in block.items))
    return _write_table(block)


def _write_table(table: Table) -> Markup:
    def style(column: int) -> str:
        return "number" if column in table.numbers else "words" if column > 0 else "head"

    head = tag(
        "tr",
        *(tag("th", name, scope="col", class_=style(at)) for at, name in enumerate(table.columns)),
    )
    rows = [
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(tag("td", cell, class_=style(at)) for at, cell in enumerate(row[1:], 1)),
        )
        for row in table.rows
    ]
    whole = tag("table", tag("caption", table.caption), tag("thead", head), tag("tbody", *rows))
    return tag("div", whole, class_="scroll", role="region", aria_label=table.caption, tabindex=0)


def _write_map(report: Report, city: City, districts: Sequence[District], words: Catalogue) -> Markup:
    markers = [
        Marker(
            profile.profile,
            barrier.rank,
            barrier.place.lon,
            barrier.place.lat,
            words.say("report.map.marker", number=barrier.rank, street=barrier.place.street),
        )
        for profile in report.profiles
        for barrier in profile.barriers[:MOST_MARKERS]
    ]
    picture = draw_map(
        city.network,
        city.classes,
        districts,
        markers,
        title=words.say("report.map.title", city=report.city.name),
        description=words.say("report.map.description"),
    )
    layers = [(f"layer-{number}", _label_layer(name, words)) for number, (name, _) in enumerate(LAYERS)]
    people = [
        (f"markers-{profile.profile}", label_profile(profile.profile, words.language))
        for profile in report.profiles
    ]
    legend = tag(
        "ul",
        *(
            tag(
                "li",
                tag("svg", tag("path", class_=name, d="M2 6h44"), viewBox="0 0 48 12", aria_hidden="true"),
                words.say(f"report.map.{name}"),
            )
            for name in ("known", "unknown", "estimated", "nothing")
        ),
        class_="legend",
    )
    return tag(
        "div",
        _choose(words.say("report.map.layer"), "layer", layers),
        _choose(words.say("report.map.markers"), "markers", people),
        legend,
        tag(
            "div",
            picture,
            class_="scroll",
            role="region",
            aria_label=words.say("report.map.title", city=report.city.name),
            tabindex=0,
        ),
        class_=MAP,
    )


def _choose(legend: str, name: str, choices: Sequence[tuple[str, str]]) -> Markup:
    """Radio buttons; the style sheet follows them, so that the file needs no script."""
    buttons = [
        tag("label", tag("input", type="radio", name=name, id=key, checked=not number), label)
        for number, (key, label) in enumerate(choices)
    ]
    return tag("fieldset", tag("legend", legend), *buttons)


def _label_layer(name: str, words: Catalogue) -> str:
    if name in ("kerb", "incline_percent"):
        return words.gettext("measurement.kerb" if name == "kerb" else "measurement.incline")
    return label_attribute(name, words.language)


def _style_layers(report: Report) -> str:
    rules = []
    for number in range(len(LAYERS)):
        chosen = f".{MAP}:has(#layer-{number}:checked)"
        rules.append(f"{chosen} .k{number}{{stroke:var(--known)}}")
        rules.append(f"{chosen} .u{number}{{stroke:var(--unknown);stroke-dasharray:3 4}}")
        rules.append(f"{chosen} .e{number}{{stroke:var(--estimated);stroke-dasharray:9 3 2 3}}")
    for profile in report.profiles:
        rules.append(f".{MAP}:has(#markers-{profile.profile}:checked) .m-{profile.profile}{{display:inline}}")
    return "\n".join(rules)
