"""The store's SQL: tables and one module for each group of them. Only `etpp.store` and the migrations use it."""
