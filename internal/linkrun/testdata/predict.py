"""Opens a model.json of lantern link in Splink and writes the pairs and weights Splink finds with it.

    python predict.py MODEL OUT.csv TABLE.csv...

The tables are plain columns, one file a source, empty cells missing. TestModelOpensInSplink runs it with Splink 4 or 5.
"""

import csv
import os
import sys

import duckdb
import splink
from splink import DuckDBAPI, Linker

model, out, tables = sys.argv[1], sys.argv[2], sys.argv[3:]
con = duckdb.connect()
names = []
for path in tables:
    name = os.path.basename(path).removesuffix(".csv")
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path}', all_varchar = true, header = true)").fetchall()
    names.append(name)
api = DuckDBAPI(connection=con)
given = names if len(names) > 1 else names[0]
if splink.__version__.startswith("4."):
    linker = Linker(given, model, db_api=api, input_table_aliases=given)
else:
    linker = Linker([api.register(n) for n in names] if len(names) > 1 else api.register(given), model)
found = linker.inference.predict().physical_name
columns = [c[0] for c in con.execute(f"DESCRIBE {found}").fetchall()]
source = [f"source_dataset_{side}" if f"source_dataset_{side}" in columns else f"'{names[0]}'" for side in "lr"]
rows = con.execute(f"SELECT {source[0]}, unique_id_l, {source[1]}, unique_id_r, match_weight FROM {found}").fetchall()
with open(out, "w", newline="") as f:
    csv.writer(f, lineterminator="\n").writerows([*row[:4], repr(float(row[4]))] for row in rows)
print(len(rows), splink.__version__)
