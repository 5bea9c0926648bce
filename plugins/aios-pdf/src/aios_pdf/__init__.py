"""PDF files and e-invoices for aios-sdk."""

from ._einvoice import EInvoice
from ._pdf import Pdf

__all__ = ["EInvoice", "Pdf"]
