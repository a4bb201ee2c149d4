"""``protect``: what it will take, its fits, and the check that chooses one."""
