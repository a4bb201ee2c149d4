"""``benchmark``: the cells of a grid."""
