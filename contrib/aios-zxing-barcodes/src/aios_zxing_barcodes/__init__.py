"""Reads barcodes, and the payments in QR codes of invoices."""

from ._component import ZxingBarcodes

__all__ = ["ZxingBarcodes"]
