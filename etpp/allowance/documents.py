"""Statements, months and what an audit found, as the JSON of the administrator's API and of the commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from etpp.allowance.adjust import Adjustment
from etpp.allowance.audit import Audited
from etpp.allowance.model import Month, MonthStep, Policy, PolicyUse, Sanction
from etpp.allowance.month import Reckoned, Standing
from etpp.allowance.seal import statement_document
from etpp.allowance.store import Closing
from etpp.base.encoding import encode_key, format_time
from etpp.base.money import plain


def standing_json(office_id: str, month: Month, where: Standing) -> dict[str, Any]:
    """Where a month is, without its figures but for the closed total."""
    closed = where.closed
    return {
        "office_id": office_id,
        "month": str(month),
        "state": where.state,
        "checked": _step(where.checked),
        "closed": None if closed is None else closing_json(closed),
        "paid": _step(where.paid),
    }


def closing_json(closed: Closing) -> dict[str, Any]:
    sealed = closed.sealed
    return {
        "office_id": sealed.office_id,
        "month": str(sealed.month),
        "statements": len(sealed.statements),
        "total": plain(sealed.total),
        "despite": [] if sealed.despite is None else list(sealed.despite.open),
        "policy_sha256": closed.policy_sha256,
        "as_of": format_time(closed.as_of_utc),
        "prev_hash": sealed.prev_hash,
        "hash": sealed.hash,
        "key_id": closed.key_id,
        "signature": encode_key(closed.signature),
        "closed_by": closed.closed_by,
    }


def reckoned_json(found: Reckoned, names: Mapping[str, str]) -> dict[str, Any]:
    """The whole list. `names`: by person."""
    return {
        "office_id": found.office_id,
        "month": str(found.month),
        "policy_id": found.policy.policy_id,
        "hash": found.hash,
        "total": plain(found.total),
        "open": list(found.open),
        "statements": [{"name": names.get(s.person_id), **statement_document(s)} for s in found.statements],
        "adjustments": [adjustment_json(each) for each in found.adjustments],
    }


def adjustment_json(each: Adjustment) -> dict[str, Any]:
    return {
        "person_id": each.person_id,
        "month": str(each.month),
        "key": each.key,
        "amount": plain(each.amount),
        "rule": each.rule,
        "because": list(each.because),
    }


def sanction_json(each: Sanction) -> dict[str, Any]:
    return {
        "sanction_id": each.sanction_id,
        "person_id": each.person_id,
        "percent": plain(each.percent),
        "first": each.first.isoformat(),
        "last": each.last.isoformat(),
        "document": each.document,
    }


def policy_json(policy: Policy, use: PolicyUse | None = None) -> dict[str, Any]:
    """A policy, and from when until when the regency pays by it."""
    period = use or policy
    return {
        "policy_id": policy.policy_id,
        "title": policy.title,
        "first": period.first.isoformat(),
        "last": None if period.last is None else period.last.isoformat(),
        "sha256": policy.sha256,
    }


def audited_json(found: Audited) -> dict[str, Any]:
    return {
        "office_id": found.office_id,
        "month": str(found.month),
        "whole": not found.findings,
        "statements": found.statements,
        "events": found.events,
        "signed": found.signed,
        "unsigned": [{"device_id": device, "events": count} for device, count in found.unsigned],
        "otherwise": list(found.otherwise),
        "manual": [{"person_id": person, "entry_id": entry} for person, entry in found.manual],
        "corrections": [{"person_id": person, "correction_id": each} for person, each in found.corrections],
        "despite": list(found.despite),
        "findings": [
            {"what": each.what, "person_id": each.person_id, "detail": each.detail} for each in found.findings
        ],
    }


def _step(step: MonthStep | None) -> dict[str, Any] | None:
    return None if step is None else {"by": step.by, "at": format_time(step.at_utc), "hash": step.hash}
