"""`python -m tests.accuracy.groups LFW DESCRIPTORS [--table FILE]`: who is refused, who is taken for another, by group.

DESCRIPTORS: a file of `kiosk evaluate LFW --model MODEL --descriptors FILE` (biometric data: delete it). LFW's people
who are not in the packaged threshold table (the second half), the groups of groups.toml among them, and with `--table`,
a table of the second half (`--part 2/2 --write-table FILE`), those of the first half too: nobody is judged by a table
that was made from him. Each photo is shown to a gallery of all the others of the half with up to three photos (a
stranger), and, where there are more photos, of the person's other photos beside them (an employee). The terminal's own
decision: FPIR 0.3 %, margin 0.04, without cohort numbers from a server.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Collection as Several
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.label_errors import is_wrong
from kiosk.measure.identification.protocol import Rows
from kiosk.measure.rates import interval
from kiosk.model import Match, PersonId, Template
from kiosk.replay import PICTURES
from kiosk.scores.threshold import ThresholdTable, load_table, packaged_table

PHOTOS = 3
EVERYBODY_ELSE = "nobody of these"


@dataclass(frozen=True, slots=True)
class Shown:
    """One photo of `person`. `own`: there were others of the same person in the gallery; `found`: as whom, or whose
    NIPs were asked for; `pad`: the NIP was asked for."""

    person: str
    own: bool
    found: Several[str]
    pad: bool


def names(lfw: Path) -> list[str]:
    """The people as `kiosk evaluate` counts them."""
    folders = sorted(person for person in lfw.iterdir() if person.is_dir())
    return [
        person.name
        for person in folders
        if any(path.suffix.lower() in PICTURES and not is_wrong(path) for path in person.iterdir())
    ]


def judged(found: Collection, named: Sequence[str], table: ThresholdTable) -> Iterator[Shown]:
    """Everybody outside the table, who are one gallery."""
    which, _, parts = table.part.partition("/")
    of = [rows[found.acquired[rows]] for rows in found.photos()]
    outside = [place for place in range(len(of)) if place % int(parts) != int(which) - 1]
    photos = {named[place]: of[place] for place in outside}
    for number in range(max(map(len, photos.values()))):
        gallery = {name: _others(rows, number)[:PHOTOS] for name, rows in photos.items() if len(rows)}
        everybody = _matcher(found, gallery, table)
        for name, rows in photos.items():
            if number >= len(rows):
                continue
            shown = [found.described[rows[number]]]
            if len(rows) > 1:
                yield _shown(name, True, everybody.identify(shown))
            scores = everybody.scores(shown)
            scores[everybody.people.index(PersonId(name))] = -np.inf
            # Without the person the others' own bars may be lower, the threshold is not.
            near = scores.max() >= everybody.threshold - 0.001
            rest = _matcher(found, {each: of for each, of in gallery.items() if each != name}, table) if near else None
            yield _shown(name, False, rest.identify(shown)) if rest else Shown(name, False, (), False)


def _others(rows: Rows, number: int) -> Rows:
    """The photos but one, or the only one: that is shown to strangers alone."""
    return np.delete(rows, number) if 1 < len(rows) > number else rows


def _shown(name: str, own: bool, match: Match) -> Shown:
    found = match.look_alikes or ((match.person_id,) if match.person_id else ())
    return Shown(name, own, found, bool(match.look_alikes))


def _matcher(found: Collection, gallery: dict[str, Rows], table: ThresholdTable) -> Matcher:
    templates = [
        Template(f"{name}-{row}", PersonId(name), found.described[row], model_id=found.model_id)
        for name, rows in gallery.items()
        for row in rows
    ]
    return Matcher(templates, table=table, model_id=found.model_id)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lfw", type=Path)
    parser.add_argument("descriptors", type=Path)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    found, named = Collection.load(options.descriptors), names(options.lfw)
    tables = [packaged_table(found.model_id)]
    if options.table is not None:
        tables.append(load_table(options.table))
    photos = [each for table in tables for each in judged(found, named, table)]
    groups = tomllib.loads((Path(__file__).parent / "groups.toml").read_text(encoding="utf-8"))
    groups[EVERYBODY_ELSE] = sorted({each.person for each in photos}.difference(*groups.values()))
    for group, members in groups.items():
        of = [each for each in photos if each.person in members]
        strange, mine = ([each for each in of if each.own is own] for own in (False, True))
        taken = [each for each in strange if each.found]
        own_group = sum(any(who in members for who in each.found) for each in taken)
        missed = [each for each in mine if each.person not in each.found]
        pad = sum(each.pad for each in mine if each.person in each.found)
        print(
            f"{found.model_id} {group}: {len({each.person for each in of})} people; FPIR {_share(taken, strange)}, of "
            f"them {own_group} for one of the group; FNIR {_share(missed, mine)}, of the others {pad} type their NIP",
            flush=True,
        )


def _share(hits: Sequence[Shown], total: Sequence[Shown]) -> str:
    """With the interval of as many trials as there are people: photos of one person are not independent."""
    people = len({each.person for each in total})
    bounds = interval(len(hits) / len(total) * people, people) if total else None
    if bounds is None:
        return "-"
    return f"{len(hits) / len(total):.1%} ({bounds[0]:.1%}-{bounds[1]:.1%}; {len(hits)} of {len(total)})"


if __name__ == "__main__":
    main()
