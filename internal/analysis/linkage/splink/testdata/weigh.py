"""Trains a Splink model on a set, saves it, and writes its pairs and weights. Works with Splink 4 and 5.

    python weigh.py RECORDS.csv OUT

OUT gets model.json and pairs.csv. TestSplinkItself runs it on a public set; testdata/splink4 and testdata/splink5 hold what it
wrote for testdata/records.csv (invented) with the versions that versions.txt names there.
"""

import csv
import json
import os
import sys

import duckdb
import splink
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

source, out = sys.argv[1], sys.argv[2]
os.makedirs(out, exist_ok=True)
con = duckdb.connect()
con.execute(f"""CREATE TABLE records AS SELECT unique_id::bigint AS unique_id, first_name, surname, dob, city, email
    FROM read_csv('{source}', all_varchar = true, header = true)""").fetchall()


def linker(settings):
    """A linker of the version at hand."""
    con.execute("CREATE OR REPLACE TABLE records AS SELECT * FROM records").fetchall()
    api = DuckDBAPI(connection=con)
    if splink.__version__.startswith("4."):
        return Linker("records", settings, db_api=api)
    return Linker(api.register("records"), settings)


settings = SettingsCreator(
    link_type="dedupe_only",
    comparisons=[
        cl.NameComparison("first_name").configure(term_frequency_adjustments=True),
        cl.ForenameSurnameComparison("first_name", "surname"),
        cl.NameComparison("surname").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        cl.EmailComparison("email"),
        cl.CustomComparison(output_column_name="x1", comparison_levels=[
            cll.NullLevel("surname"), cll.LevenshteinLevel("surname", 1), cll.DamerauLevenshteinLevel("surname", 2),
            cll.JaroLevel("surname", 0.85), cll.ElseLevel()]),
        cl.CustomComparison(output_column_name="x2", comparison_levels=[
            cll.NullLevel("city"), cll.And(cll.JaccardLevel("city", 0.9), cll.Not(cll.ExactMatchLevel("dob"))), cll.ElseLevel()]),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("first_name"), block_on("surname"), block_on("dob"), block_on("substr(email,1,5)"),
        "l.city=r.city and substr(l.first_name,1,1)=substr(r.first_name,1,1) and l.surname <> r.surname",
        "l.first_name = r.surname",
    ],
)
one = linker(settings)
one.training.estimate_probability_two_random_records_match([block_on("first_name", "surname"), block_on("email")], recall=0.7)
one.training.estimate_u_using_random_sampling(1e6, seed=1)
for held in ("first_name", "dob"):
    try:
        one.training.estimate_parameters_using_expectation_maximisation(block_on(held))
    except ValueError as e:  # Splink 5 ends training when a level was never seen among matches
        print("training by", held, "ended:", e)
one.misc.save_model_to_json(os.path.join(out, "model.json"), overwrite=True)
with open(os.path.join(out, "model.json")) as f:
    model = json.load(f)
for comparison in model["comparisons"]:  # what training did not see gets a value, so that no weight is boundless
    for level in comparison["comparison_levels"]:
        if not level.get("is_null_level"):
            for key in ("m_probability", "u_probability"):
                if (level.get(key) or 0) < 1e-6:
                    level[key] = 0.01
with open(os.path.join(out, "model.json"), "w") as f:
    json.dump(model, f, indent=1)
    f.write("\n")
predictions = linker(os.path.join(out, "model.json")).inference.predict()
rows = con.execute(f"SELECT unique_id_l, unique_id_r, match_weight FROM {predictions.physical_name} ORDER BY 1, 2").fetchall()
with open(os.path.join(out, "pairs.csv"), "w", newline="") as f:
    w = csv.writer(f, lineterminator="\n")
    w.writerow(["unique_id_l", "unique_id_r", "match_weight"])
    w.writerows((a, b, repr(float(x))) for a, b, x in rows)
with open(os.path.join(out, "versions.txt"), "w") as f:
    f.write(f"splink {splink.__version__}, duckdb {duckdb.__version__}\n")
print(len(rows), splink.__version__)
