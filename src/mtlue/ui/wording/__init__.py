"""What pages say: of choices, of events, of what was found, of how a project stands. Imports nothing heavy."""
