"""What is said of columns that a table lacks."""

from mtlue.data.columns.absent import absent_columns


def test_names_in_lists_are_quoted_where_they_could_be_several() -> None:
    said = absent_columns(["size"], "t.csv", ["kind, of tree", "two words", "colour"])
    assert "(columns: 'kind, of tree', 'two words', colour)" in said


def test_a_name_that_its_commas_tore_is_told_how_to_be_given() -> None:
    said = absent_columns(["kind", "of tree"], "t.csv", ["kind, of tree", "colour"])
    assert said.endswith("""one name with a comma takes quotes of its own: '"kind, of tree"'""")
    assert "quotes" not in absent_columns(["kind", "of"], "t.csv", ["kind, of tree", "colour"])
