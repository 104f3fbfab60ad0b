"""The only Flask: pages, HTTP interface, open data, staff office."""
