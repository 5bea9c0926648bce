"""Folders, archives, pictures, text and data; `decode`, `legacy_encoding` and `paragraphs` do for other plugins what they do here."""

from ._alphabets import legacy_encoding
from ._decode import Decoded, decode
from ._folder import Folder
from ._image import Image
from ._json import Json
from ._tar import Tar
from ._text import PlainText, paragraphs
from ._xml import Xml
from ._zip import Zip

__all__ = ["Decoded", "Folder", "Image", "Json", "PlainText", "Tar", "Xml", "Zip", "decode", "legacy_encoding", "paragraphs"]
