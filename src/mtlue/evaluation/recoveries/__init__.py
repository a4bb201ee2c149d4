"""Records to recoveries with intervals, and to what a release's owner is told. Imports no torch."""
