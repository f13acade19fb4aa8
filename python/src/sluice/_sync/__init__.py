"""Made from ``sluice/_async`` by ``python/unasync.py``: change things there."""
