"""Generations of the index: built aside, checked, published whole, read by many at once."""
