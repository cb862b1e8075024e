package profile

import "strings"

// field is what a column holds, whatever it is called. Its name is what mappings and lists of columns use.
type field uint8

const (
	fNone field = iota

	// a person
	fRecordID
	fFullName
	fTitle
	fForename
	fMiddleName
	fSurname
	fFormerName
	fPreferredName
	fAlias
	fStreetName
	fBirthDate
	fAge
	fSex
	fGender
	fEthnicity
	fReligion
	fNationality
	fLanguage
	fDisability
	fAddress
	fPostcode
	fAddressFrom
	fAddressTo
	fNHS
	fUPN
	fFormerUPN
	fPNC
	fCRO
	fULN
	fNINO
	fPrison
	fLAChild
	fYJB
	fPoliceID
	fPupilID
	fCaseRef
	fOtherID
	fSchool
	fSchoolURN
	fYearGroup
	fGuardian
	fPhone
	fEmail
	fFlag
	fFlags
	fRole
	fLegalStatus
	fPlacement
	fWorker
	fOpened
	fClosed
	fLawfulBasis
	fConsent
	fNotes
	fURN // a person's in police files, a school's elsewhere: settled by the layout

	// something that happened
	fReference
	fDate
	fEndDate
	fTime
	fKind
	fDetail
	fDescription
	fLocation
	fEventPostcode
	fLongitude
	fLatitude
	fEasting
	fNorthing
	fX
	fY
	fAreaCode
	fAreaName
	fWard
	fUPRN
	fOutcome
	fReportedBy
	fFallsWithin
	fContext
	fGrade
	fSourceEvaluation
	fInformationEvaluation
	fHandlingCode
	fHandlingConditions

	// stop and search
	fOperationPart
	fOperation
	fAgeRange
	fSelfEthnicity
	fOfficerEthnicity
	fLegislation
	fObject
	fOutcomeLinked
	fClothing

	// missing episodes and exclusions
	fStart
	fEnd
	fEpisodeType
	fPlaceFrom
	fPlaceFound
	fMissingMarker
	fRHIOffered
	fRHIAccepted
	fRHIDate
	fReason
	fSessions

	// what practitioners said
	fSlot
	fAgency
	fStatementRole
	fTheme
	fStatement
	fBasis
	fPlace
	fTimeSpan
	fFrequency
	fConfidence
	fWhoElse
	fReported
	fSuggested
	fKnownToLeaders
	fInStrategy
	fInData
	fAttribution

	// flows
	fOrigin
	fDestination
	fDestinationType
	fPeople
	fConfirmed
	fSuspected
	fSupply
	fFlowViolence
	fPeriod
	fSource
	fNote

	// monthly counts beside their effort
	fSeries
	fWhat
	fUnit
	fSourceKind
	fDefinition
	fEffort
	fCounted

	// places
	fPlaceName
	fPlaceKind
	fPlaceKindCode
	fPlaceGroup
	fStatus
	fDistrictCode
	fDistrictName
	fLACode
	fLAName
	fMSOA
	fCapacity
	fPupils
	fPlaces
	fLowAge
	fHighAge
	fPhase
	fProvider
	fSector
	fPlaceURN
	fEstablishmentNo
	fPlaceOpened
	fPlaceClosed

	// postcodes
	fPCDS
	fPCD7
	fPCD8
	fIntroduced
	fTerminated
	fUserType
	fQuality
	fCountry
	fRegion
	fCounty
	fDistrict
	fWardCode
	fLSOA11
	fLSOA21
	fPFA
	fParish

	fieldCount
)

// fieldNames are the names of fields outside the program.
var fieldNames = [fieldCount]string{
	fRecordID: "record_id", fFullName: "full_name", fTitle: "title", fForename: "forename", fMiddleName: "middle_name", fSurname: "surname",
	fFormerName: "former_name", fPreferredName: "preferred_name", fAlias: "alias", fStreetName: "street_name", fBirthDate: "birth_date", fAge: "age",
	fSex: "sex", fGender: "gender", fEthnicity: "ethnicity", fReligion: "religion", fNationality: "nationality", fLanguage: "language",
	fDisability: "disability", fAddress: "address", fPostcode: "postcode", fAddressFrom: "address_from", fAddressTo: "address_to",
	fNHS: "nhs_number", fUPN: "upn", fFormerUPN: "former_upn", fPNC: "pnc_id", fCRO: "cro_number", fULN: "uln", fNINO: "nino", fPrison: "prison_number",
	fLAChild: "la_child_id", fYJB: "yjb_id", fPoliceID: "police_id", fPupilID: "pupil_id", fCaseRef: "case_reference", fOtherID: "other_id",
	fSchool: "school", fSchoolURN: "school_urn", fYearGroup: "year_group", fGuardian: "guardian", fPhone: "phone", fEmail: "email",
	fFlag: "flag", fFlags: "flags", fRole: "role", fLegalStatus: "legal_status", fPlacement: "placement", fWorker: "worker", fOpened: "opened",
	fClosed: "closed", fLawfulBasis: "lawful_basis", fConsent: "consent", fNotes: "notes", fURN: "urn",

	fReference: "reference", fDate: "date", fEndDate: "end_date", fTime: "time", fKind: "kind", fDetail: "detail", fDescription: "description",
	fLocation: "location", fEventPostcode: "event_postcode", fLongitude: "longitude", fLatitude: "latitude", fEasting: "easting", fNorthing: "northing",
	fX: "x", fY: "y", fAreaCode: "area_code", fAreaName: "area_name", fWard: "ward", fUPRN: "uprn", fOutcome: "outcome",
	fReportedBy: "reported_by", fFallsWithin: "falls_within", fContext: "context",
	fGrade: "grade", fSourceEvaluation: "source_evaluation", fInformationEvaluation: "information_evaluation", fHandlingCode: "handling_code", fHandlingConditions: "handling_conditions",

	fOperationPart: "part_of_operation", fOperation: "operation", fAgeRange: "age_range", fSelfEthnicity: "self_defined_ethnicity",
	fOfficerEthnicity: "officer_defined_ethnicity", fLegislation: "legislation", fObject: "object_of_search", fOutcomeLinked: "outcome_linked",
	fClothing: "outer_clothing",

	fStart: "start", fEnd: "end", fEpisodeType: "episode_type", fPlaceFrom: "from_place", fPlaceFound: "found_place", fMissingMarker: "missing_marker",
	fRHIOffered: "interview_offered", fRHIAccepted: "interview_accepted", fRHIDate: "interview_date", fReason: "reason", fSessions: "sessions",

	fSlot: "slot", fAgency: "agency", fStatementRole: "practitioner_role", fTheme: "theme", fStatement: "statement", fBasis: "basis", fPlace: "place",
	fTimeSpan: "time_span", fFrequency: "frequency", fConfidence: "confidence", fWhoElse: "who_else_knows", fReported: "reported",
	fSuggested: "suggested_action", fKnownToLeaders: "known_to_leaders", fInStrategy: "in_strategy", fInData: "in_data", fAttribution: "attribution",

	fOrigin: "origin", fDestination: "destination", fDestinationType: "destination_type", fPeople: "people", fConfirmed: "confirmed",
	fSuspected: "suspected", fSupply: "supply", fFlowViolence: "violence", fPeriod: "period", fSource: "source", fNote: "note",

	fSeries: "series", fWhat: "what", fUnit: "unit", fSourceKind: "source_kind", fDefinition: "definition", fEffort: "effort", fCounted: "count",

	fPlaceName: "name", fPlaceKind: "place_kind", fPlaceKindCode: "place_kind_code", fPlaceGroup: "place_group", fStatus: "status",
	fDistrictCode: "district_code", fDistrictName: "district_name", fLACode: "la_code", fLAName: "la_name", fMSOA: "msoa", fCapacity: "capacity",
	fPupils: "pupils", fPlaces: "places", fLowAge: "low_age", fHighAge: "high_age", fPhase: "phase", fProvider: "provider", fSector: "sector",
	fPlaceURN: "place_urn", fEstablishmentNo: "establishment_number", fPlaceOpened: "place_opened", fPlaceClosed: "place_closed",

	fPCDS: "pcds", fPCD7: "pcd7", fPCD8: "pcd8", fIntroduced: "introduced", fTerminated: "terminated", fUserType: "user_type", fQuality: "grid_quality",
	fCountry: "country", fRegion: "region", fCounty: "county", fDistrict: "district", fWardCode: "ward_code", fLSOA11: "lsoa_2011",
	fLSOA21: "lsoa_2021", fPFA: "police_force", fParish: "parish",
}

// String is the field's name.
func (f field) String() string {
	if f < fieldCount {
		return fieldNames[f]
	}
	return ""
}

// title is the field's name in words.
func (f field) title() string { return strings.ReplaceAll(f.String(), "_", " ") }

// fieldNamed finds a field by its name.
func fieldNamed(name string) (field, bool) {
	for f, n := range fieldNames {
		if n == name && n != "" {
			return field(f), true
		}
	}
	return fNone, false
}

// many are fields that may fill several columns: Address 1, Address 2.
var many = map[field]bool{fAddress: true, fAlias: true, fStreetName: true, fPhone: true, fEmail: true, fFlag: true, fFlags: true, fOtherID: true, fNotes: true}

// headerKey folds a column name for comparison: lower-case letters and digits only, so that "Date of Birth",
// "date_of_birth" and "DateOfBirth" are one.
func headerKey(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteByte(c)
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case c == '&':
			b.WriteString("and")
		case c >= 0x80: // é and the like stay as they are: some names are not English
			b.WriteByte(c)
		}
	}
	return strings.TrimPrefix(b.String(), "\ufeff")
}
