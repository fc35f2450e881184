"""The subcommands of `kiosk`, one module each with a click command called `command`."""
