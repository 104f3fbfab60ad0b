"""The only SQL: tables, one module per port, migrations."""
