"""`python -m tests.accuracy.groups FACES MODELS [--model ID]`: who is refused and who is taken for another, by group.

LFW's people who are not in the packaged threshold table (the second half), the groups of groups.toml among them. Each
of them in turn: every photo against a gallery that holds all the others with up to three photos (a stranger), and,
where there are more photos, against the same gallery with up to three of the person's other photos (an employee). The
terminal's own decision: packaged table, FPIR 0.3 %, margin 0.04, without cohort numbers from a server.
"""

from __future__ import annotations

import argparse
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import cv2

from kiosk.face import open_engine
from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import collect
from kiosk.measure.identification.label_errors import is_wrong
from kiosk.measure.rates import interval
from kiosk.model import DLIB_RESNET_V1, Descriptor, ModelId, PersonId, Template

PHOTOS = 3

Photos = dict[str, list[Descriptor]]


def half(lfw: Path) -> list[Path]:
    """The people who are not in the table, as `kiosk evaluate --part 2/2` counts them."""
    named = [person for person in sorted(lfw.iterdir()) if any(not is_wrong(photo) for photo in person.glob("*.jpg"))]
    return named[1::2]


def described(lfw: Path, models: Path, model_id: ModelId) -> Photos:
    people = half(lfw)
    with tempfile.TemporaryDirectory() as folder:
        for person in people:
            (Path(folder) / person.name).symlink_to(person)
        found = collect(Path(folder), open_engine("fast", models_dir=models, follow=False, model_id=model_id))
    rows = zip(people, found.photos(), strict=True)
    return {person.name: [found.described[row] for row in of if found.acquired[row]] for person, of in rows}


def templates(name: str, photos: list[Descriptor], model_id: ModelId) -> Iterator[Template]:
    for place, photo in enumerate(photos[:PHOTOS]):
        yield Template(f"{name}-{place}", PersonId(name), photo, model_id=model_id)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("--model", type=ModelId, default=DLIB_RESNET_V1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    photos = described(options.faces / "lfw", options.models, options.model)
    groups = tomllib.loads((Path(__file__).parent / "groups.toml").read_text(encoding="utf-8"))
    others = sorted(name for name in photos if all(name not in members for members in groups.values()))
    groups["nobody of these, every third"] = others[::3]
    for group, names in groups.items():
        members = [name for name in names if photos.get(name)]
        strange = taken = own_group = mine = missed = pad = 0
        for name in members:
            rest = [
                each for other, of in photos.items() if other != name for each in templates(other, of, options.model)
            ]
            strangers = Matcher(rest, model_id=options.model)
            for place, photo in enumerate(photos[name]):
                match = strangers.identify([photo])
                found = [match.person_id] if match.person_id else list(match.look_alikes)
                strange += 1
                taken += bool(found)
                own_group += any(each in members for each in found)
                kept = [each for other, each in enumerate(photos[name]) if other != place]
                if kept:
                    own = Matcher([*rest, *templates(name, kept, options.model)], model_id=options.model)
                    match = own.identify([photo])
                    mine += 1
                    missed += name not in ([match.person_id] if match.person_id else []) + list(match.look_alikes)
                    pad += name in match.look_alikes
        print(
            f"{options.model} {group}: {len(members)} people; FPIR {_share(taken, strange)}, of them {own_group} for "
            f"one of the group; FNIR {_share(missed, mine)}, of the others {pad} type their NIP",
            flush=True,
        )


def _share(hits: int, total: int) -> str:
    bounds = interval(hits, total)
    if bounds is None:
        return "-"
    return f"{hits / total:.1%} ({bounds[0]:.1%}-{bounds[1]:.1%}; {hits} of {total})"


if __name__ == "__main__":
    main()
