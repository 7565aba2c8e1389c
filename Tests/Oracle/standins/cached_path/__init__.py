from pathlib import Path


def cached_path(path, quiet=False):
    return Path(path)
