"""How a command line becomes options."""
