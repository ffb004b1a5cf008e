"""A result on one page that can be sent to anyone: what was found, how sure, how it was done."""

from .report_folder import report

__all__ = ["report"]
