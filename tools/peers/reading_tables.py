"""Reads an animelist.csv into memory: reading_tables.py LIBRARY WHAT FILE THREADS.

WHAT is `all` (every column, types guessed), `three` (user, item, rating, with their types) or `dense` (three, rated rows
only, ids as dense indices: what `anirec prepare --task rating` keeps).
"""
import importlib
import sys
import time

from ratings import report

library, what, path, threads = sys.argv[1:]
NAMES = ["user_id", "anime_id", "rating"]
TYPES = {"user_id": "int64", "anime_id": "int64", "rating": "float32"}
module = importlib.import_module("pyarrow.csv" if library == "pyarrow" else library)


def with_pandas():
    if what == "all":
        return module.read_csv(path)
    table = module.read_csv(path, usecols=NAMES, dtype=TYPES)
    if what == "dense":
        table = table[table["rating"] > 0].copy()
        for name in NAMES[:2]:
            table[name] = module.factorize(table[name], sort=True)[0].astype("uint32")
    return table


def with_polars():
    if what == "all":
        return module.read_csv(path)
    types = {"user_id": module.Int64, "anime_id": module.Int64, "rating": module.Float32}
    table = module.read_csv(path, columns=NAMES, schema_overrides=types)
    if what == "dense":
        table = table.filter(module.col("rating") > 0)
        table = table.with_columns([module.col(name).rank("dense").cast(module.UInt32) - 1 for name in NAMES[:2]])
    return table


def with_pyarrow():
    import pyarrow

    pyarrow.set_cpu_count(int(threads))
    if what == "all":
        return module.read_csv(path)
    types = {name: getattr(pyarrow, kind)() for name, kind in TYPES.items()}
    options = module.ConvertOptions(include_columns=NAMES, column_types=types)
    table = module.read_csv(path, convert_options=options)
    if what == "dense":
        table = table.filter(pyarrow.compute.greater(table["rating"], 0))
        for name in NAMES[:2]:
            indices = pyarrow.compute.rank(table[name], sort_keys="ascending", tiebreaker="dense")
            table = table.set_column(table.schema.get_field_index(name), name, indices)
    return table


if library == "pyarrow":
    import pyarrow.compute
start = time.perf_counter()
table = {"pandas": with_pandas, "polars": with_polars, "pyarrow": with_pyarrow}[library]()
report(loop=time.perf_counter() - start, rows=len(table))
