"""Tests of the UI in a browser."""
