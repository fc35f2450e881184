"""`python -m tests.accuracy.neighbours LFW DESCRIPTORS [--by DESCRIPTORS]`: who is taken for whom, and what keeps
close neighbours apart.

DESCRIPTORS: a file of `kiosk evaluate LFW --model MODEL --descriptors FILE` (biometric data: delete it); `--by` one of
another recogniser, which says who the closest neighbours are: they are not chosen by the scores that are judged then.
Shown and enrolled are the people who are not in the packaged table (the second half); the first half is the cohort, as
people of other offices are. In each of ten rounds everybody with two photos shows one and is enrolled with up to three
others. Threshold: packaged, FPIR 0.3 % unless it says 1 %. Neighbours stand among 100 colleagues.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kiosk import matcher as rules
from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi
from kiosk.measure.identification.protocol import Round, Rows
from kiosk.measure.identification.table import normalisations
from kiosk.measure.rates import interval
from kiosk.scores.likeness import Rule
from tests.accuracy.groups import names

MARGINS = (0.0, 0.02, 0.04, 0.06)
GUARDS = (0.0, 0.02, 0.04, 0.06)
PACKAGED_FPIR, PACKAGED_MARGIN, PACKAGED_GUARD = 0.003, 0.04, rules.NEIGHBOUR
ROUNDS, SEED = 10, 1
PAIRS = 15
COLLEAGUES = 100

KIN = (
    ("Lynn_Redgrave", "Vanessa_Redgrave"),
    ("Edmund_Hillary", "Peter_Hillary"),
    ("Colin_Powell", "Michael_Powell"),
    ("Laila_Ali", "Muhammad_Ali"),
    ("Arturo_Gatti", "Joe_Gatti"),
    ("Duane_Lee_Chapman", "Leland_Chapman"),
    ("Lisa_Marie_Presley", "Priscilla_Presley"),
    ("Alexandra_Pelosi", "Nancy_Pelosi"),
    ("Nestor_Kirchner", "Florencia_Kirchner"),
    ("George_HW_Bush", "George_P_Bush"),
    ("Saddam_Hussein", "Raghad_Saddam_Hussein"),
)
"""Brothers and sisters, parents and children among LFW's people here, by what is publicly known. Some are in the half
that the table was made from: they are shown with the second half as colleagues all the same."""


@dataclass(frozen=True)
class People:
    """`found` are all of the folder; `photos` of each person those with a face; `named` the folders' names."""

    found: Collection
    photos: Sequence[Rows]
    named: Sequence[str]

    @property
    def second(self) -> list[int]:
        return [person for person in range(1, len(self.photos), 2) if len(self.photos[person])]

    def matcher(self, gallery: dict[int, Rows], fpir: float, margin: float) -> Matcher:
        first = np.concatenate([self.photos[person] for person in range(0, len(self.photos), 2)])
        people = np.array(list(gallery))
        drawn = Round(people, list(gallery.values()), [], people, [], first)
        return Presensi(normalisations(self.found.model_id)[0]).matcher(self.found, drawn, fpir, margin)


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one photo of `person`: `outcome`, and whom it was `taken_for`."""

    person: int
    outcome: str
    taken_for: int | None = None


def decided(people: Matcher, gallery: Sequence[int], found: Collection, row: int, person: int) -> Decided:
    match = people.identify([found.described[row]])
    if match.look_alikes:
        among = [gallery[int(each)] for each in match.look_alikes]
        return Decided(person, "nip" if person in among else "nip of others", among[0])
    if match.person_id is None:
        return Decided(person, "refused")
    who = gallery[int(match.person_id)]
    return Decided(person, "right" if who == person else "other", who)


def rounds(people: People, fpir: float, margin: float, absent: bool = False) -> Iterator[Decided]:
    """Every round's attempts; `absent`: half of the people are strangers, and only their attempts are counted."""
    for number in range(ROUNDS):
        rng = np.random.default_rng([SEED, number])
        shuffled = {person: rng.permutation(people.photos[person]) for person in people.second}
        here = rng.permutation(people.second)
        strangers = set(here[: len(here) // 2].tolist()) if absent else set[int]()
        gallery = {
            person: rows[1:4] if len(rows) > 1 else rows for person, rows in shuffled.items() if person not in strangers
        }
        matcher = people.matcher(gallery, fpir, margin)
        for person, rows in shuffled.items():
            if person in strangers if absent else len(rows) > 1:
                yield decided(matcher, list(gallery), people.found, rows[0], person)


def share(hits: Sequence[Decided], total: Sequence[Decided]) -> str:
    """With its interval, which counts a person as one trial."""
    trials = len({each.person for each in total})
    low, high = interval(len(hits) / len(total) * trials, trials) or (0.0, 1.0)
    return f"{len(hits) / len(total):.2%} ({low:.2%}-{high:.2%})"


def margins(people: People) -> None:
    print(f"margin: identified as somebody else, asked for the NIP, missed; {len(people.second)} enrolled")
    for margin in MARGINS:
        seen = list(rounds(people, PACKAGED_FPIR, margin))
        wrong, asked = ([each for each in seen if each.outcome.startswith(kind)] for kind in ("other", "nip"))
        missed = [each for each in seen if each.outcome not in {"right", "nip"}]
        print(
            f"  {margin:.2f}: {share(wrong, seen)}, {share(asked, seen)}, {share(missed, seen)}; {len(seen)} attempts"
        )


def guards(people: People) -> None:
    for fpir in (PACKAGED_FPIR, 0.01):
        print(f"a neighbour raises the threshold by: FPIR ({fpir:.1%} asked), FNIR, as somebody else")
        for rules.NEIGHBOUR in GUARDS:
            strange = list(rounds(people, fpir, PACKAGED_MARGIN, absent=True))
            mine = list(rounds(people, fpir, PACKAGED_MARGIN))
            taken = [each for each in strange if each.outcome != "refused"]
            missed = [each for each in mine if each.outcome not in {"right", "nip"}]
            wrong = [each for each in mine if each.outcome == "other"]
            print(f"  {rules.NEIGHBOUR:.2f}: {share(taken, strange)}, {share(missed, mine)}, {share(wrong, mine)}")
    rules.NEIGHBOUR = PACKAGED_GUARD


def closest(people: People, by: Collection) -> list[tuple[int, int]]:
    """Pairs of the second half whose mean templates are the most alike in another recogniser."""
    rule = Rule(1.0, 1.0, by_angle=by.model_id != "dlib-resnet-v1")
    rows = [np.flatnonzero((by.owners == person) & by.acquired) for person in people.second]
    means = np.stack([rule.mean(by.described[each]) for each in rows if len(each)])
    kept = [person for person, each in zip(people.second, rows, strict=True) if len(each)]
    gaps = np.linalg.norm(means[:, None] - means[None], axis=2)
    gaps[np.tril_indices(len(kept))] = np.inf
    order = np.argsort(gaps, axis=None)[:PAIRS]
    return [(kept[int(a)], kept[int(b)]) for a, b in zip(*np.unravel_index(order, gaps.shape), strict=True)]


def side_by_side(people: People, pair: tuple[int, int], absent: bool = False) -> Iterator[Decided]:
    """Every photo of each of the pair, whose other photos are enrolled (a single photo is shown as enrolled), or, as a
    stranger, none; the other one is enrolled, and so are the colleagues."""
    for shown in pair:
        for row in people.photos[shown]:
            gallery = {person: people.photos[person][:3] for person in {*people.second[:COLLEAGUES], *pair}}
            kept = people.photos[shown][people.photos[shown] != row]
            gallery[shown] = kept[:3] if len(kept) else people.photos[shown]
            if absent:
                del gallery[shown]
            matcher = people.matcher(gallery, PACKAGED_FPIR, PACKAGED_MARGIN)
            yield decided(matcher, list(gallery), people.found, int(row), shown)


def told(people: People, pairs: Sequence[tuple[int, int]], each_pair: bool) -> None:
    for absent in (False, True):
        total: Counter[str] = Counter()
        fallen = 0
        for pair in pairs:
            seen = list(side_by_side(people, pair, absent))
            count = Counter(each.outcome for each in seen)
            for_the_other = sum(each.outcome == "other" and each.taken_for in pair for each in seen)
            total += count
            total["other of the pair"] += for_the_other
            fallen += bool(count["other"])
            if each_pair:
                print(f"    {people.named[pair[0]]}, {people.named[pair[1]]}: {dict(count)}", flush=True)
        bounds = interval(fallen, len(pairs)) or (0.0, 1.0)
        how = "one of them enrolled, the other shown" if absent else "both enrolled"
        print(f"  {how}: {dict(total)}; pairs with somebody recorded as another: {fallen} (at most {bounds[1]:.1%})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lfw", type=Path)
    parser.add_argument("descriptors", type=Path)
    parser.add_argument("--by", type=Path)
    parser.add_argument("--pairs", action="store_true", help="the close neighbours alone")
    options = parser.parse_args()
    found = Collection.load(options.descriptors)
    photos = [rows[found.acquired[rows]] for rows in found.photos()]
    people = People(found, photos, names(options.lfw))
    print(found.model_id)
    if not options.pairs:
        margins(people)
        guards(people)
    if options.by is not None:
        by = Collection.load(options.by)
        print(f"{PAIRS} closest pairs of the second half by {by.model_id}")
        told(people, closest(people, by), each_pair=False)
    print("kin")
    told(people, [(people.named.index(a), people.named.index(b)) for a, b in KIN], each_pair=True)


if __name__ == "__main__":
    main()
