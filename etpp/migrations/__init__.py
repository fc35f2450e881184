"""The database's versions, one file each; `SqlStore.migrate` applies them."""
