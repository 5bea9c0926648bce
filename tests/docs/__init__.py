"""The documentation, executed and compared with the code."""
