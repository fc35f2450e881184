"""The parts of `kiosk sync`: events out, galleries in, over a network that may fail at any byte."""
