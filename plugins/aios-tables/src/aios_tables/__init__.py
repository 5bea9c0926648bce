"""CSV, spreadsheets and Parquet as typed tables."""

from ._component import Tables

__all__ = ["Tables"]
