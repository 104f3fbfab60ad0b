"""Reports from the street and what becomes of them."""
