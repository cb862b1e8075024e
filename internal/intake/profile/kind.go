package profile

import "strings"

// Kind is Lantern's word for what sort of event something was. Partners' own words are kept beside it.
type Kind string

// The kinds. The first fourteen stand one to one for the crime types of data.police.uk, so that counts by kind are
// counts by type; other sources' events join them where the meaning is the same.
const (
	Violence        Kind = "violence" // police.uk: violence and sexual offences, which it does not tell apart
	Vehicle         Kind = "vehicle"
	AntiSocial      Kind = "anti-social-behaviour"
	Shoplifting     Kind = "shoplifting"
	CriminalDamage  Kind = "criminal-damage" // and arson
	Theft           Kind = "theft"           // police.uk: other theft
	PublicOrder     Kind = "public-order"
	Burglary        Kind = "burglary"
	Drugs           Kind = "drugs"
	OtherCrime      Kind = "other-crime"
	Weapon          Kind = "weapon" // possession
	Robbery         Kind = "robbery"
	TheftFromPerson Kind = "theft-from-person"
	BicycleTheft    Kind = "bicycle-theft"

	SexualOffence  Kind = "sexual-offence" // where the source says so
	DomesticAbuse  Kind = "domestic-abuse"
	Exploitation   Kind = "exploitation" // criminal or sexual exploitation, trafficking, modern slavery
	Cuckooing      Kind = "cuckooing"
	Injury         Kind = "injury" // an injury seen by health, whatever its cause
	StopAndSearch  Kind = "stop-and-search"
	Arrest         Kind = "arrest"
	MissingEpisode Kind = "missing"
	Exclusion      Kind = "exclusion" // suspension or permanent exclusion from school
	OtherEvent     Kind = "other"
)

// Kinds are all kinds in the order in which lists show them.
func Kinds() []Kind {
	return []Kind{Violence, Weapon, Robbery, Drugs, Burglary, Vehicle, AntiSocial, CriminalDamage, Theft, TheftFromPerson, Shoplifting,
		BicycleTheft, PublicOrder, SexualOffence, DomesticAbuse, Exploitation, Cuckooing, Injury, StopAndSearch, Arrest, MissingEpisode, Exclusion, OtherCrime, OtherEvent}
}

// Known reports whether k is one of the kinds.
func (k Kind) Known() bool { return kindSet[k] }

// foldedTypes are the crime types whatever their capitals and signs.
var foldedTypes = func() map[string]Kind {
	m := map[string]Kind{}
	for t, k := range crimeTypes {
		m[words(t)] = k
	}
	return m
}()

var kindSet = func() map[Kind]bool {
	m := map[Kind]bool{}
	for _, k := range Kinds() {
		m[k] = true
	}
	return m
}()

// crimeTypes are the fourteen crime types of data.police.uk.
var crimeTypes = map[string]Kind{
	"Violence and sexual offences": Violence,
	"Vehicle crime":                Vehicle,
	"Anti-social behaviour":        AntiSocial,
	"Shoplifting":                  Shoplifting,
	"Criminal damage and arson":    CriminalDamage,
	"Other theft":                  Theft,
	"Public order":                 PublicOrder,
	"Burglary":                     Burglary,
	"Drugs":                        Drugs,
	"Other crime":                  OtherCrime,
	"Possession of weapons":        Weapon,
	"Robbery":                      Robbery,
	"Theft from the person":        TheftFromPerson,
	"Bicycle theft":                BicycleTheft,
}

// kindRules are tried in order; the first whose words all begin words of the value decides. Alternatives are parted
// by |. A word that ends in . must be the whole word.
var kindRules = compileRules([]struct {
	kind  Kind
	words string
}{
	{StopAndSearch, "stop search|stop and search|person search|vehicle search|s60 search|section 60"},
	{MissingEpisode, "missing|misper|abscond|absent from placement|away from placement"},
	{Exclusion, "exclu|suspension|suspended"},
	{Cuckooing, "cuckoo|home takeover"},
	{Exploitation, "exploit|traffick|modern slavery|cse.|cce.|county line|slavery|grooming"},
	{SexualOffence, "rape|sexual|indecen|voyeur|sex offen"},
	{DomesticAbuse, "domestic abuse|domestic violen|domestic incident|domestic assault"},
	{Robbery, "robb|mugging|carjack"},
	{Burglary, "burglar|break in"},
	{Shoplifting, "shoplift|theft shop|retail theft"},
	{BicycleTheft, "bicycle|cycle theft|theft cycle|theft bike|bike theft|pedal cycle"},
	{CriminalDamage, "criminal damage|arson|damage|graffiti|vandal|fire setting"},
	{Vehicle, "vehicle|twoc.|tadac.|car theft|theft car|motor|joyrid|taking without"},
	{TheftFromPerson, "theft person|pickpocket|snatch"},
	{Weapon, "possess weapon|possess knife|possess blade|possess firearm|offensive weapon|bladed|carrying knife|pointed article"},
	{Drugs, "drug|cannabis|cocaine|heroin|crack.|pwits.|ketamine|mdma.|spice.|substance|controlled|psychoactive"},
	{Violence, "violen|assault|abh.|gbh.|wound|stab|shoot|knife crime|knife injur|murder|manslaughter|homicide|harass|stalk|fight|attack|kidnap|battery|threats kill|malicious communication|strangul|acid"},
	{Weapon, "weapon|firearm|knife|knives|zombie|machete|blade"},
	{PublicOrder, "public order|affray|disorder|riot|hate crime|racially aggravated"},
	{AntiSocial, "anti social|antisocial|asb.|nuisance|rowdy|begging|street drinking|noise"},
	{Theft, "theft|steal|stolen|handling|fraud"},
	{Arrest, "arrest|custody|detained"},
	{Injury, "injur|a e attend|ae attend|ambulance|hospital|trauma"},
	{OtherCrime, "other crime|other offence|miscellaneous crime"},
})

type kindRule struct {
	kind         Kind
	alternatives [][]string
}

func compileRules(list []struct {
	kind  Kind
	words string
}) []kindRule {
	var out []kindRule
	for _, r := range list {
		c := kindRule{kind: r.kind}
		for _, a := range strings.Split(r.words, "|") {
			c.alternatives = append(c.alternatives, strings.Fields(a))
		}
		out = append(out, c)
	}
	return out
}

// KindOf sorts a partner's words for an event into a kind: "Assault occasioning ABH" is violence. It is a sorting of
// words, not of facts: what it cannot place is OtherEvent with ok false, and a Mapping's own kinds come before it.
func KindOf(value string) (kind Kind, ok bool) {
	if k, ok := crimeTypes[value]; ok {
		return k, true
	}
	folded := words(value)
	if k, ok := foldedTypes[folded]; ok {
		return k, true
	}
	if k := Kind(strings.ReplaceAll(folded, " ", "-")); kindSet[k] {
		return k, true
	}
	parts := strings.Fields(folded)
	for _, r := range kindRules {
		for _, alternative := range r.alternatives {
			if allBegin(parts, alternative) {
				return r.kind, true
			}
		}
	}
	return OtherEvent, false
}

func allBegin(parts, wanted []string) bool {
	for _, w := range wanted {
		whole := strings.HasSuffix(w, ".")
		w = strings.TrimSuffix(w, ".")
		found := false
		for _, p := range parts {
			if p == w || !whole && len(w) > 1 && strings.HasPrefix(p, w) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
