"""Small networks that attackers train for themselves, on a CPU within minutes."""
