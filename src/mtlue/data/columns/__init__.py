"""Columns of a table to tasks: what the cells mean by themselves, and what a tasks file says of them."""
