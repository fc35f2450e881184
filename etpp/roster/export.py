"""The roster as the list that it is imported from."""

from __future__ import annotations

from dataclasses import replace

from etpp.db import Transaction
from etpp.roster.listing import Listed
from etpp.roster.store import Roster


def posts(tx: Transaction) -> list[Listed]:
    """Everybody's posts and acting posts, by person and date; who has no post yet is left out."""
    roster = Roster(tx)
    employees = roster.employees()
    numbers = {person: each.nip or each.other_id or person for person, each in employees.items()}
    found = []
    for person, career in roster.careers(sorted(employees)).items():
        who = employees[person]
        of_person: list[Listed] = []
        for post in (each for each in career.all if each.post_id):
            superior = None if post.superior_id is None else numbers.get(post.superior_id)
            of_person.append(
                Listed(
                    0,
                    who.nip,
                    who.other_id or (person if who.nip is None else None),
                    who.name,
                    post.office_id,
                    post.post_id,
                    post.job_class,
                    post.rank,
                    post.status,
                    superior,
                    post.first,
                    post.last,
                    False,
                    post.entitled,
                )
            )
        for acting in career.actings:
            held = career.on(acting.first)
            if held is not None and held.post_id:
                shape = next(each for each in of_person if each.first == held.first)
                of_person.append(
                    replace(
                        shape,
                        post=acting.post_id,
                        job_class=acting.job_class,
                        superior=None,
                        first=acting.first,
                        last=acting.last,
                        acting=True,
                    )
                )
        found += of_person
    return found
