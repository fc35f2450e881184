"""The subcommands of `etpp`, one module each."""
