"""Surveys of a city: files of any usual form, read by a mapping (a TOML per survey) into facts with units.

`mapping` says what the columns mean, `formats` reads a file or an address into a table of cells and shapes,
`values` reads a cell, `survey` puts the three together. What a row is about on the map is found elsewhere.
"""
