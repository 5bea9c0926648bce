"""The skeleton of a plugin's distribution: created once, and brought forward when the SDK moves."""

from ._create import create
from ._skeleton import MODALITIES, SKELETON_FILE, Modality, Skeleton
from ._template import render
from ._update import Updated, update

__all__ = ["MODALITIES", "SKELETON_FILE", "Modality", "Skeleton", "Updated", "create", "render", "update"]
