"""Methods by learners: the table that all others are drawn from, and what its reader must know."""
