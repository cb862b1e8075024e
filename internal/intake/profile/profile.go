package profile

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Profile is one format in which partners' files come.
type Profile struct {
	Name  string // as on the command line: people, police-uk-street
	Title string // in words
	How   string // how it is recognised, in words

	tier    int // which profile wins when two fit: published formats over the field's own sheets over general ones
	uses    []use
	needs   []need
	strict  []string // the exact header of a published format, as keys
	persons bool     // columns may say whose they are: Child surname, Victim DOB
	sign    func(a *assignment, sample [][]string) bool
	read    func(*cursor) Record
	index   map[string]ranked
}

// ranked is a field and how good a name for it a key is: 0 best.
type ranked struct {
	field field
	rank  int
}

// use is a field of a profile and the names, as headerKey folds them, under which its column comes.
type use struct {
	field   field
	names   string
	pattern *regexp.Regexp // names that carry a year: lad25cd
}

// need is something a file must have to be of the profile: a column for any one of the fields.
type need struct {
	words string
	any   []field
}

// Column describes one column a profile can read.
type Column struct {
	Field    string   `json:"field"` // the name to use in a Mapping
	Names    []string `json:"names"` // column names that are recognised, folded to small letters and digits
	Required bool     `json:"required"`
}

// Columns lists what the profile can read, in the order of its description.
func (p Profile) Columns() []Column {
	var out []Column
	at := map[field]int{}
	for _, u := range p.uses {
		i, known := at[u.field]
		if !known {
			i = len(out)
			at[u.field] = i
			out = append(out, Column{Field: u.field.String(), Required: p.requires(u.field)})
		}
		out[i].Names = append(out[i].Names, strings.Fields(u.names)...)
		if u.pattern != nil {
			out[i].Names = append(out[i].Names, u.pattern.String())
		}
	}
	return out
}

// requires reports whether the profile needs this very field, with no other in its place.
func (p Profile) requires(f field) bool {
	for _, n := range p.needs {
		if len(n.any) == 1 && n.any[0] == f {
			return true
		}
	}
	return false
}

// All are the profiles, in the order in which they are listed.
func All() []Profile { return slices.Clone(profiles()) }

// Find gives the profile of that name.
func Find(name string) (Profile, bool) {
	for _, p := range profiles() {
		if p.Name == name {
			return p, true
		}
	}
	return Profile{}, false
}

// Names of the profiles.
const (
	Statements          = "statements"
	PoliceStreet        = "police-uk-street"
	PoliceOutcomes      = "police-uk-outcomes"
	PoliceStopAndSearch = "police-uk-stop-and-search"
	People              = "people"
	MissingEpisodes     = "missing-episodes"
	Exclusions          = "exclusions"
	SchoolsRegister     = "schools-register"
	ChildrensHomes      = "childrens-homes"
	Flows               = "flows"
	Events              = "events"
	Places              = "places"
	ONSPD               = "onspd"
	NSPL                = "nspl"
	CodePointOpen       = "code-point-open"
	Series              = "series"
)

// Tiers. When a file fits two profiles the higher tier has it: a list of suspensions is also a list of people, and both
// are events.
const (
	tierGeneral = iota + 1
	tierPeople
	tierField
	tierPublished
)

var profiles = sync.OnceValue(func() []Profile {
	list := []Profile{statementsProfile(), streetProfile(), outcomesProfile(), stopProfile(), peopleProfile(), missingProfile(), exclusionsProfile(),
		schoolsProfile(), homesProfile(), flowsProfile(), seriesProfile(), eventsProfile(), placesProfile(), onspdProfile(), nsplProfile(), codePointProfile()}
	for i := range list {
		list[i].index = map[string]ranked{}
		for _, u := range list[i].uses {
			for rank, n := range strings.Fields(u.names) {
				if _, taken := list[i].index[n]; !taken {
					list[i].index[n] = ranked{u.field, rank}
				}
			}
		}
	}
	return list
})

// uses joins lists of uses; of two that claim a name the first has it.
func uses(lists ...[]use) []use { return slices.Concat(lists...) }

var personUses = []use{
	{field: fRecordID, names: "recordid recid uniqueid id personid personref personreference clientid clientref clientreference clientno clientnumber serviceuserid serviceuserref suid memberid participantid ypid youngpersonid subjectid perspersonid rowid internalid systemid personkey personnumber sourceid masterid"},
	{field: fFullName, names: "name fullname names personname personsname wholename namefull surnameforename forenamesurname surnameandforename nameofperson nameofchild nameofpupil displayname youngperson youngpersonname nameofyoungperson ypname"},
	{field: fTitle, names: "title salutation honorific nametitle"},
	{field: fForename, names: "forename forenames firstname firstnames givenname givennames christianname christiannames fname first given givenforename legalforename legalfirstname forename1 firstforename"},
	{field: fMiddleName, names: "middlename middlenames othername othernames secondname forename2 secondforename middleinitial middle initials otherforenames"},
	{field: fSurname, names: "surname surnames lastname familyname sname last legalsurname legallastname family secondnamefamily lname"},
	{field: fFormerName, names: "formername formersurname previousname previoussurname maidenname birthname birthsurname namepreviously othersurname othersurnames previousnames"},
	{field: fPreferredName, names: "preferredname preferredforename preferredfirstname chosenname preferredsurname knownas knownasname likestobecalled calledname callingname"},
	{field: fAlias, names: "alias aliases aka akas alsoknownas aliasname aliasnames nickname nicknames aliassurname aliasforename"},
	{field: fStreetName, names: "moniker monikers tag tagname streetalias gangname handle streetname streetnames streetnamealias"},
	{field: fBirthDate, names: "dob dateofbirth birthdate birthdt dateofbirthddmmyyyy dobddmmyyyy datebirth birthday born persdob dtofbirth dtbirth persondateofbirth personbirthdate dobage dobirth"},
	{field: fAge, names: "age ageinyears ageyears currentage agenow ageatincident ageattime ageatreferral ageatoffence ageatdate ageoncontact"},
	{field: fSex, names: "sex sexcode perssex sexatbirth legalsex sexmf mf"},
	{field: fGender, names: "gender persgender genderidentity gendercode gendercurrent"},
	{field: fEthnicity, names: "ethnicity ethnic ethnicgroup ethniccode ethnicorigin ethnicitycode persethnicity selfdefinedethnicity selfdefinedethnicitycode selfdefinedethniccode selfdescribedethnicity ethnicityselfdescribed ethnicityselfdefined ethnicity161 ethnicity181 ethnicity16 ethnicity18 ethnicbackground ethniccategory sde sdecode sde161 sde181 161code 181code"},
	{field: fOfficerEthnicity, names: "officerdefinedethnicity officerobservedethnicity officerdefinedethnicitycode officerobservedethnicitycode observedethnicity observedethnicitycode ethnicityobserved ethnicityofficerdefined ethnicityofficerobserved perceivedethnicity visualethnicity ethnicappearance ethnicappearancecode ethnicity61 61code iccode ic eaindex ea"},
	{field: fReligion, names: "religion faith religionbelief"},
	{field: fNationality, names: "nationality persnationality countryofbirth countryoforigin citizenship immigrationstatus"},
	{field: fLanguage, names: "language firstlanguage mainlanguage preferredlanguage eal"},
	{field: fDisability, names: "disability disabled disabilities persdisability send sen senstatus senprovision sensupport ehcp perssendflag"},
	{field: fAddress, names: "address homeaddress addressline address1 addressline1 addr addr1 currentaddress fulladdress housenumber houseno housename house street streetnumber streetno road roadname town city posttown village locality suburb county state flat flatno building buildingname unit lastknownaddress placeofresidence residence area"},
	{field: fPostcode, names: "postcode postalcode pcode zip homepostcode addresspostcode post pcd homepost currentpostcode"},
	{field: fAddressFrom, names: "addressfrom addressstart addressstartdate dateatthisaddressfrom atthisaddressfrom"},
	{field: fAddressTo, names: "addressto addressend addressenddate"},
	{field: fNHS, names: "nhs nhsno nhsnumber nhsnum nhsid perscommonchildid commonchildid"},
	{field: fUPN, names: "upn upnnumber uniquepupilnumber upnno currentupn persupn"},
	{field: fFormerUPN, names: "formerupn previousupn oldupn"},
	{field: fPNC, names: "pnc pncid pncno pncnumber pncref pncreference"},
	{field: fCRO, names: "cro crono cronumber croid croref"},
	{field: fULN, names: "uln uniquelearnernumber ulnnumber"},
	{field: fNINO, names: "nino nationalinsurancenumber nino1 nationalinsuranceno ni nin ninumber"},
	{field: fPrison, names: "prisonnumber nomis nomisid nomsid nomsnumber prisonno"},
	{field: fLAChild, names: "lachildid child childid childref childreference childsid childno laid swiftid mosaicid lcsid liquidlogicid protocolid eclipseid misslapersonid lapersonid carefirstid"},
	{field: fYJB, names: "yjbid yjbuniqueid yotid yosid yjsid childviewid yjbyoungpersonid yotuniqueid careworksid ypyjbid coreplusid childviewref childviewno"},
	{field: fPoliceID, names: "nominalno nominalnumber nominalid nominalref nominalurn nicheid nicheurn nichenominal athenaid personurn policeid policenominal nominal nominalreference connectid"},
	{field: fPupilID, names: "pupilid pupilno pupilnumber studentid studentno admissionno admissionnumber admno simsid arborid misid adno rollnumber"},
	{field: fCaseRef, names: "caseref caseid caseno casenumber casereference ref reference refno referenceno referencenumber referralid referralref referralno ourref yourref"},
	{field: fOtherID, names: "otherid otherref otherreference socsecid externalid externalref altid homeofficeref lmsid"},
	{field: fSchool, names: "school schoolname establishment establishmentname currentschool schoolcollege educationprovider educationestablishment schoolattended ete education provision nor"},
	{field: fSchoolURN, names: "schoolurn establishmenturn laestab dfe dfeno dfenumber estab estabnumber schoolid schoolno schoolcode"},
	{field: fYearGroup, names: "year yeargroup ncyear ncyearactual schoolyear nationalcurriculumyear yr yrgroup ncy curriculumyear"},
	{field: fGuardian, names: "guardian guardianname parent parentname parentcarer parentcarername parentguardian carer carername mother mothername father fathername nextofkin nok contact1 responsibleadult emergencycontact"},
	{field: fPhone, names: "phone phoneno phonenumber telephone telephoneno telephonenumber tel telno mobile mobileno mobilenumber mob contactnumber contactno contacttelephone homephone phonehome phonemobile"},
	{field: fEmail, names: "email emailaddress emailaddr mail"},
	{field: fFlags, names: "flags markers warningmarkers warnings warningsignals alerts riskfactors risks riskflags concerns vulnerabilities factors assessmentfactors indicators"},
	{field: fFlag, names: "cse cce csecce missing mispers gang ganglinked gangaffiliated gangassociate gangnexus countylines lac cla cin cp cpp cpplan childprotection childprotectionplan careleaver nrm habitualknifecarrier weapons knifecarrier violence domesticabuse mentalhealth substancemisuse neet pru excluded fsm pupilpremium uasc vulnerable violent childinneed lookedafter openday opentosocialcare opentoyjs"},
	{field: fFlag, pattern: regexp.MustCompile(`(flag|marker|yn|warning|atrisk)$|^(flag|marker|risk)`)},
	{field: fRole, names: "role rolename personrole roleinevent roleincrime roleinoccurrence involvement involvementtype partytype linktype classification nominalrole persontype eventrole rolecode capacity"},
	{field: fLegalStatus, names: "legalstatus casestatus casetype status ordertype order disposal interventiontype currentstatus carestatus legaloutcome outcometype"},
	{field: fPlacement, names: "placement placementtype placementname placementaddress home homename plpost placementpostcode"},
	{field: fWorker, names: "worker keyworker caseworker casemanager socialworker allocatedworker leadprofessional yjsworker yotworker officerincase oic advisor supportworker mentor youthworker allocatedto team"},
	{field: fOpened, names: "opened openeddate dateopened startdate datereferred referraldate dateofreferral cinreferraldate dateopen casestart casestartdate dateofadmission admissiondate doa joindate datejoined enrolmentdate enrolled programmestart"},
	{field: fClosed, names: "closed closeddate dateclosed closuredate enddate cinclosuredate caseend caseenddate leavingdate dateofleaving dateleft exitdate"},
	{field: fLawfulBasis, names: "lawfulbasis legalbasis basisforprocessing lawfulbasisforsharing gdprbasis article6 article9"},
	{field: fConsent, names: "consent consentgiven consenttoshare consenttosharing permission consentdate consentstatus"},
	{field: fNotes, names: "notes note comments comment summary freetext remarks other otherinformation additionalinformation background mo modusoperandi needs support"},
	{field: fURN, names: "urn uniquereferencenumber"},
	{field: fUPRN, names: "uprn"},
}

// incidentUses are the columns by which a list of people says what they had a part in.
var incidentUses = []use{
	{field: fReference, names: "crimeref crimereference crimeno crimenumber crimerefno crimeid crn occurrenceno occurrencenumber occurrenceid occurrenceref occno incidentno incidentnumber incidentref incidentid incidentreference eventid eventref eventnumber cad cadref cadno custodyref custodyno offenceid investigationid investigationref"},
	{field: fDate, names: "incidentdate dateofincident offencedate dateofoffence eventdate dateofevent occurreddate dateoccurred datecommitted committeddate committedon dateofoccurrence offencedatetime incidentdatetime date datetime dateandtime earliestdate datefrom committedfrom occurredfrom datecommittedfrom firstcommitted recordeddate daterecorded reporteddate datereported contactdate dateofcontact arrestdate dateofarrest"},
	{field: fEndDate, names: "dateto committedto occurredto latestdate lastcommitted datecommittedto"},
	{field: fTime, names: "time timeofincident incidenttime offencetime timeofoffence timecommitted eventtime timefrom"},
	{field: fKind, names: "offence offencetype offencedescription offencename crimetype crime crimecategory offencecategory incidenttype typeofincident eventtype typeofevent occurrencetype incidentcategory offencegroup kind eventkind mainoffence primaryoffence allegation"},
	{field: fDetail, names: "offencecode hooffencecode homeofficecode hocode hoclass subtype offencesubgroup offencesubtype subcategory classificationcode"},
	{field: fLocation, names: "location incidentlocation offencelocation locationofincident crimelocation locationofoffence placeofoffence venue scene eventlocation incidentaddress offenceaddress locationdescription"},
	{field: fEventPostcode, names: "incidentpostcode offencepostcode crimepostcode locationpostcode eventpostcode"},
	{field: fWard, names: "ward beat beatcode wardname neighbourhood npt sector beatname policingteam"},
	{field: fEasting, names: "easting eastings gridx xcoord xcoordinate osx bngx eastm"},
	{field: fNorthing, names: "northing northings gridy ycoord ycoordinate osy bngy northm"},
	{field: fX, names: "x"}, {field: fY, names: "y"},
	{field: fLongitude, names: "longitude long lon lng"},
	{field: fLatitude, names: "latitude lat"},
	{field: fOutcome, names: "outcome result lastoutcome investigationoutcome crimeoutcome"},
}

// locationUses are where something is or was, when the row is about the event or the place itself.
var locationUses = []use{
	{field: fEventPostcode, names: "postcode postalcode pcode incidentpostcode offencepostcode locationpostcode eventpostcode venuepostcode pcd pcds"},
	{field: fLongitude, names: "longitude long lon lng xlongitude"},
	{field: fLatitude, names: "latitude lat ylatitude"},
	{field: fEasting, names: "easting eastings gridx xcoord xcoordinate osx bngx east1m oseast1m eastm"},
	{field: fNorthing, names: "northing northings gridy ycoord ycoordinate osy bngy north1m osnrth1m northm"},
	{field: fX, names: "x"}, {field: fY, names: "y"},
	{field: fUPRN, names: "uprn"},
	{field: fAreaCode, names: "lsoacode lsoa lsoa21 lsoa21cd lsoa11 lsoa11cd lsoa21code areacode outputarea"},
	{field: fAreaName, names: "lsoaname areaname lsoa21nm district borough localauthority ladname"},
	{field: fWard, names: "ward wardname beat beatcode beatname neighbourhood policingteam sector wardcode npt"},
}

func joinFields(lists ...[]field) []field { return slices.Concat(lists...) }

var (
	nameFields     = []field{fSurname, fFullName}
	identityFields = []field{fNHS, fUPN, fPNC, fCRO, fULN, fNINO, fPrison, fLAChild, fYJB, fPoliceID, fPupilID, fURN}
	whoFields      = joinFields([]field{fForename, fBirthDate, fAge, fSex, fGender, fEthnicity, fOfficerEthnicity, fAlias, fGuardian, fPreferredName}, identityFields)
	spotFields     = []field{fLongitude, fLatitude, fEasting, fNorthing, fX, fY, fEventPostcode, fLocation, fAddress, fUPRN, fAreaCode, fWard}
)

func statementsProfile() Profile {
	return Profile{
		Name: Statements, Title: "What practitioners and leaders said, one statement a row", tier: tierField,
		How: "a column for what was said (or for what leaders know and the strategy holds) beside the theme, agency or role it belongs to",
		uses: []use{
			{field: fStatement, names: "statement statements paraphrase whatwassaid said observation observations whattheysaid whatdidtheysay whatdotheysay whatdoyousee finding practitionerstatement statementparaphrase statementtext paraphrasenonames keypoint insight"},
			{field: fDate, names: "date datetime interviewdate dateofinterview dateheard datesaid day sessiondate"},
			{field: fSlot, names: "slot session interview interviewno interviewnumber interviewid slotno timeslot group groupno sessionno interviewref focusgroup slotnumber interviewslot interviewslotnumber slotorinterview"},
			{field: fAgency, names: "agency organisation organization org service agencyname partner employer agencyorganisation team department"},
			{field: fStatementRole, names: "role jobrole rolegroup jobtitle post position job practitionerrole interviewee intervieweerole roleofpractitioner profession"},
			{field: fTheme, names: "theme themes themecode topic category subject themet1t20 themecodes themename issue"},
			{field: fBasis, names: "basis basisseentoldrecordedassumed howdotheyknow howdoyouknow evidencebasis sourceofknowledge howknown basisofknowledge"},
			{field: fPlace, names: "place places location where area placename placementioned locationplace"},
			{field: fTimeSpan, names: "timespan time period when timeframe timeperiod since howlong dates"},
			{field: fFrequency, names: "frequency howoften often"},
			{field: fConfidence, names: "confidence confidencelevel howsure certainty howconfident strength"},
			{field: fWhoElse, names: "whoelseknows whoelse elseknows othersaware whoelseknowsthis whoknows whoelseisaware sharedwith"},
			{field: fReported, names: "reported alreadyreported reportedwherewhen reportedto hasitbeenreported reportedwhere alreadyreportedwherewhen beenreported"},
			{field: fSuggested, names: "suggestedaction suggestion suggestedactions ask whatshouldhappen action recommendation"},
			{field: fKnownToLeaders, names: "knowntoleaders leadersknow knowntoleadership leaders doleadersknow knownbyleaders leadersaware leadershipaware leaderknows knowntoleadersyn"},
			{field: fInStrategy, names: "inthestrategy instrategy strategy strategic instrategicassessment strategicassessment inthestrategicassessment inthestrategyyn isitinthestrategy inplan"},
			{field: fInData, names: "indata inpartnerdata inpartnersdata inthedata inrecords"},
			{field: fAttribution, names: "attribution attributionlevel quotable useinreport consent"},
			{field: fNotes, names: "notes note comments comment"},
		},
		needs: []need{
			{"what was said, or what leaders know or the strategy holds", []field{fStatement, fKnownToLeaders, fInStrategy}},
			{"a theme, agency or role", []field{fTheme, fAgency, fStatementRole}},
		},
		read: (*cursor).statement,
	}
}

func streetProfile() Profile {
	return Profile{
		Name: PoliceStreet, Title: "data.police.uk street-level crime", tier: tierPublished,
		How: "the twelve columns that data.police.uk publishes, Month and Crime type among them; its files from before 2013 had eastings and northings",
		uses: []use{
			{field: fReference, names: "crimeid"}, {field: fDate, names: "month"}, {field: fReportedBy, names: "reportedby"}, {field: fFallsWithin, names: "fallswithin"},
			{field: fLongitude, names: "longitude"}, {field: fLatitude, names: "latitude"}, {field: fEasting, names: "easting"}, {field: fNorthing, names: "northing"},
			{field: fLocation, names: "location"}, {field: fAreaCode, names: "lsoacode"}, {field: fAreaName, names: "lsoaname"}, {field: fKind, names: "crimetype"},
			{field: fOutcome, names: "lastoutcomecategory"}, {field: fContext, names: "context"},
		},
		needs: []need{
			{"Month", []field{fDate}}, {"Crime type", []field{fKind}}, {"Reported by or Falls within", []field{fReportedBy, fFallsWithin}},
			{"Longitude and Latitude, or Easting and Northing", []field{fLongitude, fEasting}}, {"Latitude, or Northing", []field{fLatitude, fNorthing}},
		},
		strict: strings.Fields("crimeid month reportedby fallswithin longitude latitude location lsoacode lsoaname crimetype lastoutcomecategory context"),
		read:   (*cursor).street,
	}
}

func outcomesProfile() Profile {
	return Profile{
		Name: PoliceOutcomes, Title: "data.police.uk outcomes", tier: tierPublished,
		How: "the ten columns that data.police.uk publishes: a Crime ID and an Outcome type",
		uses: []use{
			{field: fReference, names: "crimeid"}, {field: fDate, names: "month"}, {field: fReportedBy, names: "reportedby"}, {field: fFallsWithin, names: "fallswithin"},
			{field: fLongitude, names: "longitude"}, {field: fLatitude, names: "latitude"}, {field: fLocation, names: "location"},
			{field: fAreaCode, names: "lsoacode"}, {field: fAreaName, names: "lsoaname"}, {field: fOutcome, names: "outcometype"},
		},
		needs:  []need{{"Crime ID", []field{fReference}}, {"Month", []field{fDate}}, {"Outcome type", []field{fOutcome}}},
		strict: strings.Fields("crimeid month reportedby fallswithin longitude latitude location lsoacode lsoaname outcometype"),
		read:   (*cursor).outcome,
	}
}

func stopProfile() Profile {
	return Profile{
		Name: PoliceStopAndSearch, Title: "data.police.uk stop and search", tier: tierPublished,
		How: "the fifteen columns that data.police.uk publishes, Object of search and Legislation among them",
		uses: []use{
			{field: fKind, names: "type"}, {field: fDate, names: "date"}, {field: fOperationPart, names: "partofapolicingoperation"}, {field: fOperation, names: "policingoperation"},
			{field: fLatitude, names: "latitude"}, {field: fLongitude, names: "longitude"}, {field: fGender, names: "gender"}, {field: fAgeRange, names: "agerange"},
			{field: fSelfEthnicity, names: "selfdefinedethnicity"}, {field: fOfficerEthnicity, names: "officerdefinedethnicity"}, {field: fLegislation, names: "legislation"},
			{field: fObject, names: "objectofsearch"}, {field: fOutcome, names: "outcome"}, {field: fOutcomeLinked, names: "outcomelinkedtoobjectofsearch"},
			{field: fClothing, names: "removalofmorethanjustouterclothing"},
		},
		needs: []need{{"Date", []field{fDate}}, {"Type", []field{fKind}}, {"Legislation or Object of search", []field{fLegislation, fObject}}},
		strict: strings.Fields("type date partofapolicingoperation policingoperation latitude longitude gender agerange selfdefinedethnicity officerdefinedethnicity legislation " +
			"objectofsearch outcome outcomelinkedtoobjectofsearch removalofmorethanjustouterclothing"),
		read: (*cursor).stop,
	}
}

func peopleProfile() Profile {
	return Profile{
		Name: People, Title: "People in an agency's own list: police, youth justice, school, social care, charity and others", tier: tierPeople, persons: true,
		How:  "a surname or full name (or an identifier of people) beside at least one more thing that tells people apart: forename, date of birth, age, sex, an identifier",
		uses: uses(gradeUses, personUses, incidentUses, []use{{field: fAgency, names: "agency sourceagency organisation owner dataowner supplier"}}),
		needs: []need{
			{"a surname, a full name or a number that stands for a person", joinFields(nameFields, identityFields, []field{fAlias, fStreetName})},
			{"a forename, date of birth, age, sex or a number that stands for a person", whoFields},
		},
		sign: func(a *assignment, _ [][]string) bool {
			// A number and nothing else of a person is a key in some other table, not a list of people.
			return a.hasAny(nameFields...) || a.hasAny(fAlias, fStreetName, fForename) || a.hasAny(fBirthDate, fAge)
		},
		read: (*cursor).person,
	}
}

func missingProfile() Profile {
	own := []use{
		{field: fStart, names: "misstart missmisepistart missingstart missingstartdate datemissing missingdate episodestart episodestartdate missingepisodestart missingepisodestartdate startofmissingepisode startofepisode missingsince wentmissing datewentmissing dateandtimemissing datetimemissing missingfromdate missingdatetime datereportedmissing reportedmissing missingstartdatetime missingfromdatetime dateofmissingepisode lastseen datelastseen timelastseen"},
		{field: fEnd, names: "misend missmisepiend missingend missingenddate datefound returned datereturned returndate episodeend episodeenddate missingepisodeend missingepisodeenddate endofmissingepisode endofepisode founddate dateandtimefound datetimefound missingto missinguntil missingtodate datetimereturned founddatetime missingenddatetime"},
		{field: fEpisodeType, names: "missing missmisepitype missingtype episodetype typeofepisode missingorabsent missingabsent missingcategory category absencetype missingepisodetype type"},
		{field: fDetail, names: "risklevel risk grading riskassessment missingrisk missingrisklevel"},
		{field: fPlaceFrom, names: "missingfromplace missingfromaddress missingfrom fromplace placemissingfrom placement placementname wheremissingfrom locationmissingfrom missingfromlocation homename home"},
		{field: fPlaceFound, names: "foundat placefound wherefound locationfound foundlocation foundplace foundpostcode foundaddress returnedfrom foundin foundarea"},
		{field: fRHIOffered, names: "missmisepirhioffered rhioffered returninterviewoffered rhiofferedyn returnhomeinterviewoffered wasreturninterviewoffered"},
		{field: fRHIAccepted, names: "missmisepirhiaccepted rhiaccepted returninterviewaccepted rhicompleted returnhomeinterviewcompleted rhidone returnhomeinterviewaccepted returninterviewcompleted rhi"},
		{field: fRHIDate, names: "rhidate dateofrhi returninterviewdate returnhomeinterviewdate rhicompleteddate"},
		{field: fReason, names: "reason reasonmissing reasonformissing whymissing pushpull cause"},
		{field: fReference, names: "misstableid missingepisodeid episodeid episoderef missingid missingref misperref compactid compactref episodenumber missingreference incidentref cadref"},
		{field: fAgency, names: "agency sourceagency organisation owner"},
	}
	return Profile{
		Name: MissingEpisodes, Title: "Missing episodes: SSDA903 Missing, the Standard Safeguarding Dataset's ssd_missing, or an agency's own list", tier: tierField, persons: true,
		How:   "a date on which a missing episode began (MIS_START, miss_mis_epi_start, Missing from with Missing to, Date missing)",
		uses:  uses(own, gradeUses, personUses, []use{{field: fWard, names: "ward beat wardname"}, {field: fLocation, names: "location"}}),
		needs: []need{{"the start of the episode", []field{fStart}}},
		sign: func(a *assignment, _ [][]string) bool {
			for i, k := range a.keys {
				switch a.fields[i] {
				case fStart, fEnd, fEpisodeType, fRHIOffered, fRHIAccepted, fRHIDate, fPlaceFrom, fReference:
					if strings.HasPrefix(k, "mis") || strings.Contains(k, "missing") || strings.Contains(k, "rhi") || strings.Contains(k, "returnhome") || strings.Contains(k, "returninterview") {
						return true
					}
				}
			}
			return false
		},
		read: (*cursor).missing,
	}
}

func exclusionsProfile() Profile {
	own := []use{
		{field: fStart, names: "exclusionstart exclusionstartdate suspensionstart suspensionstartdate startdate dateofexclusion dateofsuspension exclusiondate suspensiondate dateexcluded datesuspended start date from excludedfrom suspendedfrom startofexclusion startofsuspension firstdayofexclusion firstday datestart"},
		{field: fEnd, names: "exclusionend exclusionenddate suspensionend suspensionenddate enddate end to excludedto suspendedto returndate lastday dateend dateofreturn"},
		{field: fEpisodeType, names: "exclusioncategory exclusiontype suspensiontype typeofexclusion typeofsuspension category type exclusioncategorycode sanction excl exclusionorsuspension"},
		{field: fReason, names: "exclusionreason suspensionreason reason reasonforexclusion reasonforsuspension reasoncode exclusionreasoncode primaryreason reason1 mainreason"},
		{field: fSessions, names: "sessions exclusionactualnumberofsessions numberofsessions nosessions sessionsexcluded sessionsmissed noofsessions sessionslost lengthsessions totalsessions actualnumberofsessions"},
		{field: fReference, names: "exclusionid exclusionref suspensionid suspensionref incidentid"},
		{field: fAgency, names: "agency sourceagency organisation owner"},
	}
	return Profile{
		Name: Exclusions, Title: "School suspensions and permanent exclusions", tier: tierField, persons: true,
		How:   "a start date with a category or reason, and the words exclusion or suspension in a column name or in the category",
		uses:  uses(own, gradeUses, personUses),
		needs: []need{{"the start of the suspension or exclusion", []field{fStart}}, {"its category or reason", []field{fEpisodeType, fReason}}},
		sign: func(a *assignment, sample [][]string) bool {
			for i, k := range a.keys {
				switch a.fields[i] {
				case fStart, fEnd, fEpisodeType, fReason, fSessions, fReference:
					if strings.Contains(k, "exclu") || strings.Contains(k, "suspen") {
						return true
					}
				}
			}
			i, seen := a.column(fEpisodeType), 0
			for _, row := range sample {
				if i >= 0 && i < len(row) {
					if t := strings.ToLower(row[i]); strings.Contains(t, "exclu") || strings.Contains(t, "suspen") || t == "perm" || t == "susp" || t == "fixd" {
						seen++
					}
				}
			}
			return seen > 0 && seen*2 >= len(sample)
		},
		read: (*cursor).exclusion,
	}
}

func schoolsProfile() Profile {
	return Profile{
		Name: SchoolsRegister, Title: "Get Information about Schools (edubase)", tier: tierPublished,
		How: "the register's own columns: URN, EstablishmentName, TypeOfEstablishment (code) or (name)",
		uses: []use{
			{field: fPlaceURN, names: "urn"}, {field: fPlaceName, names: "establishmentname"}, {field: fPlaceKindCode, names: "typeofestablishmentcode"},
			{field: fPlaceKind, names: "typeofestablishmentname typeofestablishment"}, {field: fPlaceGroup, names: "establishmenttypegroupname"}, {field: fStatus, names: "establishmentstatusname establishmentstatus"},
			{field: fPlaceOpened, names: "opendate"}, {field: fPlaceClosed, names: "closedate"}, {field: fPhase, names: "phaseofeducationname phaseofeducation"},
			{field: fLowAge, names: "statutorylowage"}, {field: fHighAge, names: "statutoryhighage"}, {field: fCapacity, names: "schoolcapacity"}, {field: fPupils, names: "numberofpupils"},
			{field: fEventPostcode, names: "postcode"}, {field: fAddress, names: "street locality address3 town countyname"}, {field: fDistrictCode, names: "districtadministrativecode"},
			{field: fDistrictName, names: "districtadministrativename"}, {field: fLACode, names: "lacode"}, {field: fLAName, names: "laname"}, {field: fEstablishmentNo, names: "establishmentnumber"},
			{field: fEasting, names: "easting"}, {field: fNorthing, names: "northing"}, {field: fAreaCode, names: "lsoacode"}, {field: fAreaName, names: "lsoaname"}, {field: fMSOA, names: "msoacode"}, {field: fUPRN, names: "uprn"},
			{field: fWard, names: "administrativewardname"}, {field: fProvider, names: "trustsname propsname"},
		},
		needs: []need{{"URN", []field{fPlaceURN}}, {"EstablishmentName", []field{fPlaceName}}, {"TypeOfEstablishment (code) or (name)", []field{fPlaceKindCode, fPlaceKind}}},
		read:  (*cursor).school,
	}
}

func homesProfile() Profile {
	return Profile{
		Name: ChildrensHomes, Title: "Children's homes and other registered places", tier: tierField,
		How: "the name of a home or setting, where it is, and a provision type, number of places or registration that only such lists have",
		uses: uses([]use{
			{field: fPlaceURN, names: "urn socialcareurn ofstedurn uniquereferencenumber"},
			{field: fPlaceName, names: "settingname providername homename nameofhome establishmentname name home setting childrenshome nameofchildrenshome provisionname"},
			{field: fPlaceKind, names: "provisiontype typeofprovision settingtype hometype registrationtype typeofhome typeofsetting provision provisionsubtype type"},
			{field: fStatus, names: "registrationstatus status currentstatus"},
			{field: fPlaceOpened, names: "registrationdate dateregistered opened dateopened registereddate"},
			{field: fPlaceClosed, names: "dateclosed closed deregistrationdate"},
			{field: fPlaces, names: "places numberofplaces noofplaces maximumnumberofplaces maxplaces registeredplaces beds maximumplaces numberofbeds"},
			{field: fProvider, names: "provider organisation organisationname owner registeredprovider organisationwhichownstheprovider parentorganisation operator organisationowningtheprovider"},
			{field: fSector, names: "sector sectortype"},
			{field: fAddress, names: "address address1 address2 address3 addressline1 addressline2 addressline3 street town city county settingaddress"},
			{field: fLAName, names: "localauthority la laname council"}, {field: fLACode, names: "lacode localauthoritycode"},
			{field: fLowAge, names: "lowage agefrom minimumage"}, {field: fHighAge, names: "highage ageto maximumage"},
			{field: fNotes, names: "notes comments overallexperiences overallrating rating latestoverallrating ofstedrating responsibleindividual registeredmanager"},
		}, locationUses),
		needs: []need{
			{"the name of the home", []field{fPlaceName}},
			{"its provision type or number of places", []field{fPlaceKind, fPlaces}},
			{"where it is, or its URN", joinFields([]field{fPlaceURN, fAddress, fLAName}, spotFields)},
		},
		sign: func(a *assignment, sample [][]string) bool {
			for _, k := range a.keys {
				if strings.Contains(k, "provisiontype") || strings.Contains(k, "childrenshome") || strings.Contains(k, "ofsted") || strings.Contains(k, "registeredprovider") || k == "homename" || k == "numberofplaces" || k == "noofplaces" || k == "maximumnumberofplaces" {
					return true
				}
			}
			i, seen := a.column(fPlaceKind), 0
			for _, row := range sample {
				if i >= 0 && i < len(row) && strings.Contains(words(row[i]), "childrens home") {
					seen++
				}
			}
			return seen > 0
		},
		read: (*cursor).home,
	}
}

func flowsProfile() Profile {
	return Profile{
		Name: Flows, Title: "People linked from one area to another (county lines)", tier: tierField,
		How: "an origin, a destination (or impacted area) and a number of people",
		uses: []use{
			{field: fOrigin, names: "origin originarea originborough from fromarea exporter exportingarea home homearea originlad originforce sourcearea originatingarea"},
			{field: fDestination, names: "destination destinationarea impactedarea impactedforce impacted to toarea importer importingarea destinationforce destinationcounty county impactedcounty linkedarea"},
			{field: fDestinationType, names: "areatype destinationtype"},
			{field: fPeople, names: "people persons individuals numberofpeople numberofindividuals linkedindividuals londonlinkedindividuals total count number n peoplelinked linkedpeople", pattern: regexp.MustCompile(`linkedindividuals$|individuals$`)},
			{field: fConfirmed, names: "confirmed confirmedlinks confirmedindividuals"}, {field: fSuspected, names: "suspected suspectedlinks suspectedindividuals"},
			{field: fSupply, names: "supply drugsupply bysupply"}, {field: fFlowViolence, names: "violence byviolence"},
			{field: fPeriod, names: "period dates timeperiod window year month"}, {field: fSource, names: "source reference sourcename"}, {field: fNote, names: "note notes comment comments caveat"},
		},
		needs: []need{{"an origin", []field{fOrigin}}, {"a destination or impacted area", []field{fDestination}}, {"a number of people", []field{fPeople}}},
		read:  (*cursor).flow,
	}
}

func eventsProfile() Profile {
	return Profile{
		Name: Events, Title: "Dated events of any kind: incidents, calls, attendances, sightings", tier: tierGeneral,
		How: "a date, what sort of event it was or a description of it, and where it was or a reference",
		uses: uses([]use{
			{field: fReference, names: "reference ref id refno referenceno referencenumber eventid incidentid incidentno incidentnumber incidentref crimeref crimeno crimenumber crimeid crimereference occurrenceno occurrenceref cad cadref cadno logno log callid eventref eventno uniqueid recordid caseref"},
			{field: fDate, names: "date eventdate incidentdate dateofincident dateofevent datetime dateandtime occurreddate dateoccurred occurredon offencedate dateofoffence datecommitted committeddate datefrom startdate month reporteddate datereported calldate attendancedate arrivaldate when incidentdatetime eventdatetime attendancedatetime timestamp committedfrom earliestdate"},
			{field: fEndDate, names: "dateto enddate committedto latestdate"},
			{field: fTime, names: "time timeofday eventtime incidenttime timeofincident calltime attendancetime arrivaltime hour"},
			{field: fKind, names: "kind type eventtype incidenttype crimetype offence offencetype category incidentcategory eventkind typeofincident typeofevent calltype crimecategory attendancetype natureofincident nature offencedescription primarytype assaulttype reason"},
			{field: fDetail, names: "subtype subcategory detail offencecode hocode weapon weaponused weapontype closurecode"},
			{field: fDescription, names: "description details summary notes narrative text comment comments whathappened mo incidentdescription freetext"},
			{field: fLocation, names: "location place address where venue street incidentlocation placename locationdescription area premises site landmark assaultlocation incidentaddress streetname road locationofincident town city"},
			{field: fOutcome, names: "outcome result disposal lastoutcomecategory status"},
			{field: fReportedBy, names: "reportedby agency source organisation force team service"},
			{field: fFallsWithin, names: "fallswithin"},
			{field: fAgeRange, names: "agerange ageband agegroup victimage age"}, {field: fGender, names: "gender sex victimsex"},
		}, gradeUses, locationUses),
		needs: []need{
			{"a date", []field{fDate}},
			{"a kind, type or description", []field{fKind, fDescription, fDetail}},
			{"a place or a reference", joinFields([]field{fReference}, spotFields)},
		},
		read: (*cursor).event,
	}
}

func placesProfile() Profile {
	return Profile{
		Name: Places, Title: "Places that matter: parks, hostels, shops, stations, addresses of concern", tier: tierGeneral,
		How: "a name, and where it is (postcode, address or coordinates), and what sort of place or coordinates",
		uses: uses([]use{
			{field: fReference, names: "reference ref id placeid siteid locationid premisesid refno"},
			{field: fPlaceName, names: "name placename place sitename site locationname location premises premisesname venue venuename title facility organisationname"},
			{field: fPlaceKind, names: "kind type placetype sitetype category locationtype premisestype venuetype placekind class use"},
			{field: fAddress, names: "address address1 addressline1 fulladdress street road town city locality county"},
			{field: fStatus, names: "status"}, {field: fCapacity, names: "capacity"}, {field: fProvider, names: "provider operator owner landlord"},
			{field: fNotes, names: "notes note comments comment description concern concerns"},
		}, locationUses),
		needs: []need{
			{"a name", []field{fPlaceName}},
			{"where it is: postcode, address or coordinates", []field{fEventPostcode, fAddress, fLongitude, fEasting, fX, fUPRN}},
			{"what sort of place it is, or coordinates", []field{fPlaceKind, fLongitude, fEasting, fX}},
		},
		sign: func(a *assignment, _ [][]string) bool {
			return a.column(fPlaceName) >= 0 && !a.hasKey("dob", "date", "surname")
		},
		read: (*cursor).place,
	}
}

// postcodeUses are the columns of the ONS postcode files. Year and boundary set are part of most names since 2025
// (lad25cd), so those are matched by pattern and next year's file loads.
func postcodeUses() []use {
	re := regexp.MustCompile
	return []use{
		{field: fPCDS, names: "pcds"}, {field: fPCD7, names: "pcd pcd7"}, {field: fPCD8, names: "pcd2 pcd8"},
		{field: fIntroduced, names: "dointr"}, {field: fTerminated, names: "doterm"}, {field: fUserType, names: "usertype usrtypind"},
		{field: fEasting, names: "oseast1m east1m"}, {field: fNorthing, names: "osnrth1m north1m"}, {field: fQuality, names: "osgrdind gridind"},
		{field: fDistrict, names: "oslaua laua", pattern: re(`^lad\d\dcd$`)}, {field: fWardCode, names: "osward ward", pattern: re(`^wd\d\dcd$`)},
		{field: fCounty, names: "oscty cty", pattern: re(`^cty\d\dcd$`)}, {field: fCountry, names: "ctry", pattern: re(`^ctry\d\dcd$`)},
		{field: fRegion, names: "rgn gor", pattern: re(`^rgn\d\dcd$`)}, {field: fParish, names: "parish", pattern: re(`^par\w*\d\dcd$`)},
		{field: fLSOA21, names: "lsoa21 lsoa21cd"}, {field: fLSOA11, names: "lsoa11 lsoa11cd"}, {field: fMSOA, names: "msoa21 msoa21cd"},
		{field: fPFA, names: "pfa", pattern: re(`^pfa\d\dcd$`)}, {field: fLatitude, names: "lat"}, {field: fLongitude, names: "long"},
	}
}

func onspdProfile() Profile {
	return Profile{
		Name: ONSPD, Title: "ONS Postcode Directory", tier: tierPublished,
		How:   "pcds with a district column (oslaua, or lad and a year), positions, and parishes, which the NSPL has not",
		uses:  postcodeUses(),
		needs: []need{{"pcds", []field{fPCDS}}, {"a district: oslaua or ladNNcd", []field{fDistrict}}, {"positions: lat and long, or east and north", []field{fLatitude, fEasting}}},
		sign:  func(a *assignment, _ [][]string) bool { return a.column(fParish) >= 0 || a.hasKey("oslaua") },
		read:  (*cursor).postcode,
	}
}

func nsplProfile() Profile {
	return Profile{
		Name: NSPL, Title: "National Statistics Postcode Lookup", tier: tierPublished,
		How:   "pcds with a district column (laua, or lad and a year) and positions, without parishes",
		uses:  postcodeUses(),
		needs: []need{{"pcds", []field{fPCDS}}, {"a district: laua or ladNNcd", []field{fDistrict}}, {"positions: lat and long, or east and north", []field{fLatitude, fEasting}}},
		sign:  func(a *assignment, _ [][]string) bool { return a.column(fParish) < 0 && !a.hasKey("oslaua") },
		read:  (*cursor).postcode,
	}
}

func codePointProfile() Profile {
	return Profile{
		Name: CodePointOpen, Title: "OS Code-Point Open", tier: tierPublished,
		How: "no column names: ten columns, a postcode, its quality (10 to 90), easting, northing and codes; or the same ten with their names",
		uses: []use{
			{field: fPCD7, names: "postcode pc"}, {field: fQuality, names: "positionalqualityindicator pq pqi"}, {field: fEasting, names: "eastings ea"}, {field: fNorthing, names: "northings no"},
			{field: fCountry, names: "countrycode cy"}, {field: fCounty, names: "admincountycode cc"}, {field: fDistrict, names: "admindistrictcode dc"}, {field: fWardCode, names: "adminwardcode wc"},
		},
		needs: []need{{"Postcode", []field{fPCD7}}, {"Positional quality indicator", []field{fQuality}}, {"Eastings", []field{fEasting}}, {"Northings", []field{fNorthing}}},
		read:  (*cursor).postcode,
	}
}
