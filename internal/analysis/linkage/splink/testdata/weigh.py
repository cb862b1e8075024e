"""Trains a Splink model on a set, saves it, and writes its pairs and weights, for TestSplinkItself."""
import splink, pandas as pd, sys, json
from splink import Linker, SettingsCreator, DuckDBAPI, block_on
import splink.comparison_library as cl, splink.comparison_level_library as cll
source, out = sys.argv[1], sys.argv[2]
df=pd.read_csv(source).drop(columns=['cluster'])
s=SettingsCreator(link_type='dedupe_only',
 comparisons=[cl.NameComparison('first_name').configure(term_frequency_adjustments=True),cl.ForenameSurnameComparison('first_name','surname'),cl.NameComparison('surname').configure(term_frequency_adjustments=True),
 cl.DateOfBirthComparison('dob',input_is_string=True),cl.ExactMatch('city').configure(term_frequency_adjustments=True),cl.EmailComparison('email'),cl.CustomComparison(output_column_name='x1',comparison_levels=[cll.NullLevel('surname'),cll.LevenshteinLevel('surname',1),cll.DamerauLevenshteinLevel('surname',2),cll.JaroLevel('surname',0.85),cll.ElseLevel()]),cl.CustomComparison(output_column_name='x2',comparison_levels=[cll.NullLevel('city'),cll.And(cll.JaccardLevel('city',0.9),cll.Not(cll.ExactMatchLevel('dob'))),cll.ElseLevel()])],
 blocking_rules_to_generate_predictions=[block_on('first_name'),block_on('surname'),block_on('dob'),block_on('substr(email,1,5)'),"l.city=r.city and substr(l.first_name,1,1)=substr(r.first_name,1,1) and l.surname <> r.surname","l.first_name = r.surname"])
l=Linker(df,s,DuckDBAPI())
l.training.estimate_probability_two_random_records_match([block_on('first_name','surname'),block_on('email')],recall=0.7)
l.training.estimate_u_using_random_sampling(1e6,seed=1)
l.training.estimate_parameters_using_expectation_maximisation(block_on('first_name'))
l.training.estimate_parameters_using_expectation_maximisation(block_on('dob'))
l.misc.save_model_to_json(out+'/model.json',overwrite=True)
j=json.load(open(out+'/model.json'))
for c in j['comparisons']:
    for v in c['comparison_levels']:
        if not v.get('is_null_level'):
            v.setdefault('m_probability',0.01); v.setdefault('u_probability',0.01)
            if v['m_probability'] is None: v['m_probability']=0.01
json.dump(j,open(out+'/model.json','w'))
l=Linker(df,out+'/model.json',DuckDBAPI())
p=l.inference.predict().as_pandas_dataframe()[['unique_id_l','unique_id_r','match_weight']]
p.to_csv(out+'/pairs.csv',index=False)
print(len(p), splink.__version__)
