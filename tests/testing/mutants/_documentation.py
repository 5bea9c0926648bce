"""Mutants that nobody would find out about."""

from __future__ import annotations

from ._installed import Installed

UNDESCRIBED = Installed("undescribed", readme="")
ELSEWHERE = Installed("elsewhere", readme="Finds numbers in texts, and is best used with care.\n")

MUTANTS = [("readme-names-it", UNDESCRIBED.id, UNDESCRIBED), ("readme-names-it", ELSEWHERE.id, ELSEWHERE)]
