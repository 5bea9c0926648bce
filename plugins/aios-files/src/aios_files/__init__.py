"""Folders, archives, pictures and plain text."""

from ._folder import Folder
from ._image import Image
from ._tar import Tar
from ._text import PlainText
from ._zip import Zip

__all__ = ["Folder", "Image", "PlainText", "Tar", "Zip"]
