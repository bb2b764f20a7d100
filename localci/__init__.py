"""localci: CI that runs where the commit was made, and that everybody else can verify."""

__version__ = "0.1.0"
