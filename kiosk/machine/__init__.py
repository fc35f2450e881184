"""The machine under the terminal: its folder, identity, clock, watchdog, lamps, voice, model files."""
