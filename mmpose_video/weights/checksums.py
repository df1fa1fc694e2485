"""Checksums of files."""
import base64
import hashlib
import os
from typing import Any, Callable


def _digest(path: os.PathLike, make: Callable[[], Any]) -> bytes:
    """Hash a file block by block."""
    digest = make()
    with open(path, 'rb') as file:
        for block in iter(lambda: file.read(1 << 20), b''):
            digest.update(block)
    return digest.digest()


def sha256(path: os.PathLike) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    return _digest(path, hashlib.sha256).hex()


def npm_integrity(path: os.PathLike) -> str:
    """Return a file's SHA-512 in base64, as npm's registry states it."""
    return base64.b64encode(_digest(path, hashlib.sha512)).decode()
