"""The database's versions, one file each; `Database.migrate` applies them."""
