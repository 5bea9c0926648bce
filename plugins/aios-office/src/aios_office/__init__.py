"""Word, PowerPoint, OpenDocument, RTF and EPUB files for aios-sdk."""

from ._component import Office, Soffice

__all__ = ["Office", "Soffice"]
