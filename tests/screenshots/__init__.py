"""Tests of the screenshots."""
