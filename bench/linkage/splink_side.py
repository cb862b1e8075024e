"""Links the extracts of a folder with Splink on DuckDB and prints one line of JSON.

    python splink_side.py FOLDER OUT [MORE_THRESHOLDS]

It is meant to be Splink at its best with what its own library offers: its name, date of birth and postcode comparisons,
term frequencies on names, exact reference numbers, one round of training for each held rule. The columns are brought to
one layout in SQL first, as somebody who uses Splink has to. It runs on Splink 4 and 5. OUT gets the groups at a probability
of 0.95 (clusters-0.95.csv, in the time) and at each further threshold (not in the time); the driver scores them.
"""

import json
import os
import sys
import time

import duckdb
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

folder, out = sys.argv[1], sys.argv[2]
more = sys.argv[3].split(",") if len(sys.argv) > 3 else []
took = {}
last = time.perf_counter()


def stage(name):
    """Books the time since the last stage."""
    global last
    now = time.perf_counter()
    took[name] = now - last
    last = now


def words(column):
    return f"nullif(trim(lower(regexp_replace({column}, '[^A-Za-z -]', '', 'g'))), '')"


def date(column):
    return (
        f"coalesce(try_strptime({column}, '%d/%m/%Y'), try_strptime({column}, '%Y-%m-%d'), "
        f"try_strptime({column}, '%d-%b-%Y'))::date::varchar"
    )


def digits(column):
    return f"nullif(regexp_replace({column}, '[^0-9A-Za-z]', '', 'g'), '')"


NULL = "NULL::varchar"
LAYOUTS = {
    "police": ('"Forename 1"', "Surname", "DOB", "Sex", "Postcode", '"PNC ID"', NULL, NULL, NULL),
    "social_care": ("Forename", "Surname", '"Date of Birth"', "Gender", "Postcode", NULL, "UPN", '"NHS Number"', "Telephone"),
    "schools": ('"Legal Forename"', '"Legal Surname"', "DOB", "Sex", '"Post Code"', NULL, "UPN", NULL, NULL),
    "youth_justice": ("split_part(Name, ',', 2)", "split_part(Name, ',', 1)", '"D.O.B."', "Gender", "Postcode", "PNC", NULL, NULL, NULL),
    "charity": (
        "split_part(\"Full Name\", ' ', 1)", "regexp_replace(\"Full Name\", '^[^ ]* *', '')", '"Date of birth"', "Gender",
        "Postcode", NULL, NULL, NULL, "Mobile",
    ),
}


def standardised(source):
    given, family, dob, sex, postcode, pnc, upn, nhs, phone = LAYOUTS[source]
    path = os.path.join(folder, source + ".csv")
    return f"""
        SELECT '{source}-' || row_number() OVER () AS unique_id, {words(given)} AS given, {words(family)} AS family,
            {date(dob)} AS dob, nullif(lower(left({sex}, 1)), '') AS sex, nullif(upper({postcode}), '') AS postcode,
            {digits(pnc)} AS pnc, {digits(upn)} AS upn, {digits(nhs)} AS nhs, {digits(phone)} AS phone
        FROM read_csv('{path}', all_varchar = true, header = true)"""


con = duckdb.connect()
con.execute("SET threads = %d" % len(os.sched_getaffinity(0))).fetchall()
con.execute("CREATE TABLE records AS " + " UNION ALL ".join(standardised(s) for s in LAYOUTS)).fetchall()
api = DuckDBAPI(connection=con)
settings = SettingsCreator(
    link_type="dedupe_only",
    unique_id_column_name="unique_id",
    comparisons=[
        cl.NameComparison("given").configure(term_frequency_adjustments=True),
        cl.NameComparison("family").configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode"),
        cl.ExactMatch("sex"), cl.ExactMatch("pnc"), cl.ExactMatch("upn"), cl.ExactMatch("nhs"), cl.ExactMatch("phone"),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("given", "family"), block_on("family", "dob"), block_on("given", "dob"), block_on("postcode", "given"),
        block_on("postcode", "family"), block_on("pnc"), block_on("upn"), block_on("nhs"), block_on("phone", "given"),
    ],
    retain_intermediate_calculation_columns=False,
    retain_matching_columns=False,
)
if splink.__version__.startswith("4."):
    linker = Linker("records", settings, db_api=api)
else:
    linker = Linker(api.register("records"), settings)
stage("load")
linker.training.estimate_probability_two_random_records_match(
    [block_on("given", "family", "dob"), block_on("upn"), block_on("nhs"), block_on("pnc")], recall=0.7
)
linker.training.estimate_u_using_random_sampling(max_pairs=1e7, seed=1)
for rule in (block_on("given", "family"), block_on("dob"), block_on("postcode", "family")):
    linker.training.estimate_parameters_using_expectation_maximisation(rule)
stage("train")
predictions = linker.inference.predict(threshold_match_weight=-2)
stage("score")


def clusters(threshold):
    """Writes the groups at a threshold."""
    c = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_probability=threshold)
    path = os.path.join(out, f"clusters-{threshold}.csv")
    con.execute(f"COPY (SELECT unique_id, cluster_id FROM {c.physical_name}) TO '{path}' (HEADER)").fetchall()


clusters(0.95)
stage("cluster")
answer = {
    "version": splink.__version__, "duckdb": duckdb.__version__, "records": con.execute("SELECT count(*) FROM records").fetchall()[0][0],
    "pairs_kept": con.execute(f"SELECT count(*) FROM {predictions.physical_name}").fetchall()[0][0], "seconds": took, "total": sum(took.values()),
}
for threshold in more:
    clusters(float(threshold))
print(json.dumps(answer))
