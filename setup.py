"""Build script; everything declarative lives in pyproject.toml."""
from setuptools import setup

setup()
