from table_records import record, rendered


def test_only_attributes_that_vary_are_in_the_header() -> None:
    records = [record("clean"), record("clean", setting="stl"), record("clean", backbone="resnet18")]
    header = rendered(records, "markdown").splitlines()[2]
    assert header == "| method | MTL, tiny | STL, tiny | MTL, resnet18 |"
    assert rendered(records[:1], "markdown").splitlines()[2] == "| method | MTL |"
    countered = [record("clean"), record("clean", countermeasure="jpeg10")]
    assert rendered(countered, "markdown").splitlines()[2] == "| method | MTL, no countermeasure | MTL, jpeg10 |"
