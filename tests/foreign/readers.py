"""Answers questions from the files of a data directory, with DuckDB or with PyArrow. Takes them as JSON on standard input.

Does what docs/formats/reading.md says, and nothing else.
"""

import json
import pathlib
import sqlite3
import sys

TYPES = ("str", "i64", "f64", "bool", "json")


def files(data):
    """The files that count: those that the catalog names."""
    catalog = sqlite3.connect(f"file:{data}/catalog.db?mode=ro", uri=True)
    rows = catalog.execute("SELECT path FROM file WHERE removed IS NULL").fetchall()
    catalog.close()
    return [str(data / path) for (path,) in rows]


def stem(key):
    """What the columns of a key are called, up to the type."""
    key = "_" + key if key.startswith("_") else key
    for ending in TYPES:
        if key.endswith("@" + ending):
            return key.removesuffix("@" + ending) + "@@" + ending
    return key


def columns_of(key, names):
    """The columns of a key among all names: one for each of its types."""
    return [name for name in (stem(key), *(f"{stem(key)}@{ending}" for ending in TYPES)) if name in names]


def duckdb_answers(paths, checks):
    import duckdb

    connection = duckdb.connect()
    connection.execute("CREATE VIEW events AS SELECT * FROM read_parquet(?, union_by_name = true)".replace("?", repr(paths)))
    names = [row[0] for row in connection.execute("DESCRIBE events").fetchall()]

    def quoted(name):
        return '"' + name.replace('"', '""') + '"'

    def numbers(key):
        found = [f"TRY_CAST({quoted(name)} AS DOUBLE)" for name in columns_of(key, names)]
        beyond = "TRY_CAST(json_extract_string(_overflow, ?) AS DOUBLE)"
        return f"coalesce({', '.join([*found, beyond])})"

    def exists(key):
        found = [f"{quoted(name)} IS NOT NULL" for name in columns_of(key, names)]
        return " OR ".join([*found, "coalesce(json_exists(_overflow, ?), false)"])

    for check in checks:
        key, group = check["key"], quoted(check["group"]) if check["group"] else "NULL"
        calculation, parameters = "count(*)", []
        if key is not None:
            inner = numbers(key) if check["calculation"] != "COUNT" else f"CASE WHEN {exists(key)} THEN 1 END"
            calculation, parameters = f"{check['calculation'].lower()}({inner})", [f'$."{key}"']
        yield connection.execute(f"SELECT {group}, {calculation} FROM events GROUP BY 1", parameters).fetchall()


def pyarrow_answers(paths, checks):
    import pyarrow
    import pyarrow.dataset
    import pyarrow.parquet

    schema = pyarrow.unify_schemas([pyarrow.parquet.read_schema(path) for path in paths])
    table = pyarrow.dataset.dataset(paths, schema=schema).to_table()
    beyond = [json.loads(text) if text else {} for text in table["_overflow"].to_pylist()]

    def values(key):
        columns = [table[name].to_pylist() for name in columns_of(key, table.column_names)]
        for row in zip(*columns, beyond):
            present = [value for value in row[:-1] if value is not None]
            if present or key in row[-1]:
                yield True, present[0] if present else row[-1][key]
            else:
                yield False, None

    for check in checks:
        groups = table[check["group"]].to_pylist() if check["group"] else [None] * table.num_rows
        found = {}
        for group, (is_there, value) in zip(groups, [(True, None)] * table.num_rows if check["key"] is None else values(check["key"])):
            of_group = found.setdefault(group, [])
            if is_there:
                of_group.append(value)
        yield [(group, calculate(check["calculation"], values)) for group, values in found.items()]


def calculate(name, values):
    if name == "COUNT":
        return len(values)
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if not numbers:
        return None
    return sum(numbers) if name == "SUM" else max(numbers)


def main():
    reader, data = sys.argv[1], pathlib.Path(sys.argv[2])
    answers = {"duckdb": duckdb_answers, "pyarrow": pyarrow_answers}[reader]
    json.dump([[list(row) for row in rows] for rows in answers(files(data), json.load(sys.stdin))], sys.stdout)


if __name__ == "__main__":
    main()
