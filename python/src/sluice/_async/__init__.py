"""The asyncio client. ``sluice._sync`` is made from this folder by ``python/unasync.py``: change things here."""
