package world

import (
	"math/rand/v2"
	"strings"
)

// A tradition is a way of naming: its given names, what stands for a family name, and how the parts are ordered. It is
// kept with the truth for evaluation only; no file holds it.
type tradition struct {
	name    string
	share   float64 // of households
	boys    []string
	girls   []string
	family  []string
	ethnic  []string // codes of the 18+1 list this household is likely to give; drawn apart from everything else
	order   order
	married float64 // how often a woman has taken another family name
}

type order int

const (
	givenFamily  order = iota
	familyFirst        // the family name is written first at home; forms swap it
	patronymic         // own name, father's name, grandfather's name; nobody shares a family name
	twoSurnames        // father's and mother's surname, either of which a form may drop
	religiousMid       // Kaur, Singh, Begum, Khatun: a middle name that forms take for the surname
	genderedEnd        // the family name ends differently for women and men
)

// words splits a list written on one line.
func words(s string) []string { return strings.Fields(s) }

var englishStart = words(`Ash Bar Birch Black Bramble Brook Cald Carr Clay Cob Copp Cress Dray Elder Elm Fair Fal Fen Fern Flax Gorse
	Hale Hart Haver Hazel Heath Hollin Kel Lang Lark Lin Marl Mere Moss Nether Oaken Pell Penn Quarr Rad Reed Rush Sedge Skel Stan
	Sward Tarn Thorn Thresh Wend Whin Wither Wool Yarn`)
var englishEnd = words(`acre bank beck bourne by combe cote croft dale den don fell field ford garth gate ham holt house hurst ing
	ingham land lea ley low man mere more ridge rigg shaw side stead stock stone ston thorpe ton wait wald ward water well wick wood worth`)

// englishFamilies are mostly put together from parts, with some of the commonest real surnames, because linkage is hard
// where names are common.
func englishFamilies() []string {
	out := words(`Smith Jones Taylor Brown Williams Wilson Davies Evans Thomas Johnson Walker White Edwards Hughes Green Hall Lewis
		Harris Clarke Jackson Smith Jones Taylor Brown Williams O'Shea O'Dowd McArdle McKee MacRae Fitzroy Llewell Pritchett Prothero Gallacher`)
	for i, a := range englishStart {
		for j, b := range englishEnd {
			if n := a + b; (i*7+j*3)%5 == 0 && !strings.Contains(n, "sss") && !strings.Contains(n, "eing") && !strings.EqualFold(a, b) {
				out = append(out, n)
			}
		}
	}
	return out
}

var traditions = []tradition{
	{"British and Irish", 0.56, words(`Alfie Archie Ben Callum Charlie Connor Daniel Dylan Edward Ethan Finley Freddie George Harry Harvey Isaac
		Jack Jacob Jake James Jamie Joe Jordan Joseph Josh Kai Kian Kyle Leo Lewis Liam Logan Louis Luca Luke Mason Matthew Max Michael Morgan
		Nathan Noah Oliver Oscar Owen Reece Rhys Riley Robert Ryan Sam Samuel Sean Stephen Theo Thomas Toby Tyler William Zachary Anthony
		Christopher David Alexander Nicholas Gareth Rory Declan Ciaran Ewan`),
		words(`Abigail Alice Amber Amelia Amy Ava Beth Bethany Caitlin Charlotte Chloe Daisy Eleanor Elizabeth Ella Ellie Emily Emma Erin Evie
		Freya Georgia Grace Hannah Holly Imogen Isabella Isla Jasmine Jessica Jodie Katherine Katie Keira Lauren Leah Libby Lily Lola Lucy
		Maddison Maisie Margaret Megan Mia Millie Molly Natalie Niamh Olivia Paige Phoebe Poppy Rachel Rebecca Rosie Ruby Samantha Scarlett
		Shannon Sophie Summer Tegan Tia Victoria Zoe Siobhan Orla Ffion Carys Susan Jacqueline Patricia`),
		englishFamilies(), words("W1 W1 W1 W1 W1 W1 W2 W3 M1 M3 NS"), givenFamily, 0.45},
	{"Caribbean British", 0.05, words(`Andre Curtis Delroy Dante Jerome Kieron Lamar Leroy Malachi Marlon Nathaniel Omar Rashaan Romario Tyrell Tyrone Xavier Zion`),
		words(`Alisha Chantelle Ebony Imani Jada Kiara Latisha Monique Naomi Renee Sade Shanice Tamara Tiana Whitney Zaria`),
		words(`Bartley Beckford Blackwood Bogle Brissett Cudjoe Dacres Daley Francis Gayle Hinds Lawrence McLeod Palmer Reid Samuels Wynter Campbell Grant`),
		words("B1 B1 B1 M1 M1 NS"), givenFamily, 0.3},
	{"West African", 0.06, words(`Abiodun Ayodele Babatunde Chidi Chukwuemeka Dayo Emeka Femi Kwabena Kwame Kofi Kunle Obinna Olumide Segun Tobi Tunde Uche Yaw Yusuf`),
		words(`Abena Adaeze Adwoa Akosua Amaka Bisi Chiamaka Efua Folake Funmilayo Ifeoma Kemi Ngozi Nneka Oluchi Simisola Titilayo Yetunde Zainab`),
		words(`Abara Acheampong Adebowale Adeyinka Agyeman Amoako Antwi Asante Balogun Boateng Danso Eze Igwe Mensah Nwachukwu Obioma Odukoya Ogunleye Okonjo Olatunji Opoku Osei Owusu Sowande`),
		words("B2 B2 B2 B2 B9 M2"), givenFamily, 0.3},
	{"Somali and Eritrean", 0.05, words(`Abdi Abdirahman Abdullahi Ahmed Ayub Bilal Daud Filmon Hassan Ibrahim Ismail Jamal Liban Mahad Mohamed Mustafa Omar Robel Said Yonas Yusuf Zakariya`),
		words(`Amina Asha Ayaan Deqa Fadumo Faiza Fatima Habiba Hamdi Hibo Hodan Ifrah Khadija Ladan Luwam Mariam Nasra Sahra Selam Ubah Yasmin Zahra`),
		words(`Abdi Abshir Adan Ahmed Ali Aweys Barre Dahir Elmi Farah Gebre Guled Haile Hassan Hirsi Isse Jama Kidane Mohamed Muse Nur Omar Osman Roble Shire Tesfay Warsame Yusuf`),
		words("B2 B2 B9 NS"), patronymic, 0},
	{"South Asian Muslim", 0.08, words(`Adnan Ahsan Ali Arif Bilal Danyal Faisal Hamza Haroon Ibrahim Idris Imran Kamran Mohammed Muhammad Nabil Omar Rayhan Saif Salman Shahid Tariq Usman Yusuf Zayn`),
		words(`Aisha Aleena Amina Fatima Fariha Hafsa Iqra Khadija Laiba Maryam Nadia Nusrat Rabia Rukhsana Sadia Saima Samina Sana Shazia Sumaiya Tahmina Zara Zainab`),
		words(`Ahmed Akhtar Ali Aslam Aziz Bashir Choudhury Hussain Iqbal Islam Javed Khalid Khan Mahmood Malik Miah Mirza Qureshi Rahman Rashid Shah Siddiqui Uddin Zaman`),
		words("A2 A2 A3 A3 A9"), religiousMid, 0.05},
	{"Punjabi Sikh", 0.03, words(`Amrit Arjan Balraj Gurdeep Gurpreet Harjit Harpreet Jasdeep Jaspal Karan Manjit Navdeep Parminder Ranjit Simran Sukhdev`),
		words(`Amrit Gurpreet Harleen Harpreet Jaspreet Jasleen Kiran Mandeep Manpreet Navneet Parminder Prabhjot Rupinder Simran Sukhjit`),
		words(`Bains Bhogal Chahal Deol Dhaliwal Gill Grewal Johal Kang Mann Sandhu Sekhon Sidhu Sohal Virdee`),
		words("A1 A1 A1 A9"), religiousMid, 0.1},
	{"Indian and Tamil", 0.02, words(`Aarav Arjun Dev Jayesh Kavin Krish Nikhil Pranav Rohan Sanjay Thivagar Vijay`),
		words(`Ananya Diya Kavitha Lakshmi Meera Nithya Pooja Priya Shreya Tharani Vidya`),
		words(`Acharya Bhatt Desai Iyer Joshi Kandiah Mehta Nair Patel Patel Pillai Rao Selvan Shah Sivakumar Thambi`),
		words("A1 A1 A1 A9"), givenFamily, 0.3},
	{"Polish and Slavic", 0.06, words(`Adam Aleksander Bartosz Dawid Filip Igor Jakub Jan Kacper Krzysztof Łukasz Maciej Mateusz Michał Oleksandr Paweł Piotr Szymon Tomasz Wojciech`),
		words(`Agnieszka Alicja Anna Daryna Ewa Gabriela Hanna Julia Kinga Maja Małgorzata Natalia Oliwia Oksana Patrycja Wiktoria Zofia Zuzanna`),
		words(`Borowiecki Czarnocki Dobrzański Górecki Jasiński Kalinowski Lisiecki Majewski Olszański Piotrowski Rudnicki Sokołowski Wiśniowiecki Zaleski Żurawski Kowal Nowak Bondar`),
		words("W9 W9 W9 W9 NS"), genderedEnd, 0.5},
	{"Romanian and Baltic", 0.03, words(`Andrei Cătălin Cristian Darius Ionuț Jonas Lukas Mantas Matei Mihai Răzvan Rokas Ștefan Tomas Vlad`),
		words(`Alina Andreea Austėja Daina Elena Gabija Ioana Larisa Mădălina Mihaela Roxana Simona Ugnė`),
		words(`Albu Barbu Ciobanu Dragoș Jankauskas Kairys Lupu Munteanu Neagu Petrauskas Rusu Stoica Urbonas Văcărescu`),
		words("W9 W9 W9 W9"), givenFamily, 0.4},
	{"Portuguese and Spanish", 0.02, words(`Afonso Andrés Diogo Duarte Gonçalo João José Mateo Miguel Nuno Rafael Santiago Tomás`),
		words(`Ângela Beatriz Carmen Catarina Inês Joana Leonor Lucía Mariana Sofía Valentina`),
		words(`Almeida Barros Carvalho Correia Delgado Ferreira García Gutiérrez Medeiros Moreno Núñez Pacheco Ribeiro Salazar Teixeira Vasques`),
		words("W9 W9 M9 NS"), twoSurnames, 0},
	{"Chinese and Vietnamese", 0.02, words(`Anh Bao Chun Duc Hao Jian Junjie Kiet Minh Quang Wei Xiang Yichen Zihao`),
		words(`Chau Hui Jing Lan Linh Mei Ngoc Qian Thuy Xin Yan Yuting`),
		words(`Chan Cheung Dang Ho Huang Lam Lau Lin Ngo Nguyen Pham Tang Tran Vu Wong Xu Zhang Zhou`),
		words("A4 A4 A9 A4"), familyFirst, 0},
	{"Turkish, Kurdish and Arabic", 0.02, words(`Ahmad Aram Azad Baran Burak Emre Hussein Karim Khalid Mehmet Mustafa Rojhat Serkan Yasin Youssef Zagros`),
		words(`Aylin Berivan Dilan Elif Esra Layla Leyla Mariam Nour Rojda Salma Selin Yasemin`),
		words(`Aksoy Al-Amin Al-Khatib Barzan Çelikkol Demirtaş Doğruyol El-Sayed Haddad Kaplan Mansour Öztoprak Saleh Şimşekli Yıldırak Zebari`),
		words("NS O2 W9 NS"), givenFamily, 0.2},
}

// nicknames are the short and familiar forms partners write instead of a given name.
var nicknames = map[string][]string{
	"Alexander": {"Alex", "Sandy", "Xander"}, "Anthony": {"Tony"}, "Benjamin": {"Ben"}, "Charlotte": {"Charlie", "Lottie"}, "Charlie": {"Charles"},
	"Christopher": {"Chris", "Kit"}, "Daniel": {"Dan", "Danny"}, "David": {"Dave", "Davey"}, "Edward": {"Ed", "Eddie", "Ted"},
	"Eleanor": {"Ellie", "Nell"}, "Elizabeth": {"Lizzie", "Beth", "Libby"}, "Abigail": {"Abi", "Abbie"}, "Bethany": {"Beth"}, "Jessica": {"Jess"},
	"Joseph": {"Joe", "Joey"}, "Josh": {"Joshua"}, "Katherine": {"Kate", "Katie", "Kat"}, "Margaret": {"Maggie", "Meg"}, "Matthew": {"Matt", "Matty"},
	"Michael": {"Mike", "Mikey", "Mick"}, "Nathan": {"Nate"}, "Nathaniel": {"Nathan", "Nate"}, "Nicholas": {"Nick", "Nicky"}, "Oliver": {"Ollie"},
	"Patricia": {"Pat", "Trish"}, "Rebecca": {"Becky", "Becca"}, "Robert": {"Rob", "Bobby", "Bob"}, "Samantha": {"Sam", "Sammy"},
	"Samuel": {"Sam", "Sammy"}, "Stephen": {"Steve", "Steven"}, "Thomas": {"Tom", "Tommy"}, "Victoria": {"Vicky", "Tori"}, "William": {"Will", "Billy", "Liam"},
	"Zachary": {"Zach", "Zac"}, "Jacob": {"Jake"}, "James": {"Jamie", "Jim"}, "Isabella": {"Izzy", "Bella"}, "Jacqueline": {"Jackie"}, "Susan": {"Sue"},
	"Olumide": {"Olu"}, "Chukwuemeka": {"Emeka"}, "Babatunde": {"Tunde"}, "Chiamaka": {"Amaka"}, "Funmilayo": {"Funmi"}, "Simisola": {"Simi"},
	"Abdirahman": {"Abdi"}, "Abdullahi": {"Abdi"}, "Aleksander": {"Alex", "Olek"}, "Krzysztof": {"Chris", "Krzys"}, "Małgorzata": {"Gosia"},
	"Katarzyna": {"Kasia"}, "Wiktoria": {"Wika"}, "Jakub": {"Kuba"}, "Parminder": {"Pam"}, "Gurpreet": {"Gurps"}, "Harpreet": {"Harry"}, "Andreea": {"Andi"},
	"Gonçalo": {"Gonzo"}, "Santiago": {"Santi"}, "Valentina": {"Vale"}, "Mehmet": {"Memo"}, "Oleksandr": {"Sasha"}, "Gabriela": {"Gaby"}, "Georgia": {"George"},
}

// spellings are other ways one name is written in Latin letters.
var spellings = map[string][]string{
	"Mohammed": {"Mohamed", "Muhammad", "Mohammad", "Muhammed", "Mohd"}, "Muhammad": {"Mohammed", "Mohammad", "Muhammed"}, "Mohamed": {"Mohammed", "Maxamed", "Mohamud"},
	"Ahmed": {"Ahmad", "Axmed"}, "Ahmad": {"Ahmed"}, "Yusuf": {"Yousef", "Yusef", "Yuusuf", "Joseph"}, "Youssef": {"Yousef", "Yusuf"}, "Hussain": {"Hussein", "Husain", "Hussian"},
	"Hussein": {"Hussain", "Husayn"}, "Hassan": {"Hasan", "Xasan"}, "Fatima": {"Fatimah", "Fathima", "Faduma"}, "Fadumo": {"Faduma", "Fatuma"}, "Khadija": {"Khadijah", "Kadija"},
	"Aisha": {"Ayesha", "Aysha", "Aishah"}, "Asha": {"Aisha", "Caasha"}, "Zainab": {"Zaynab", "Zeinab"}, "Mariam": {"Maryam", "Miriam"}, "Maryam": {"Mariam", "Miriam"},
	"Usman": {"Osman", "Uthman"}, "Osman": {"Usman", "Cismaan"}, "Omar": {"Umar", "Cumar"}, "Abdullahi": {"Abdulahi", "Cabdulaahi"}, "Abdirahman": {"Abdulrahman", "Abdi Rahman"},
	"Choudhury": {"Chowdhury", "Chaudhry", "Choudhry"}, "Rahman": {"Rehman"}, "Uddin": {"Udin"}, "Miah": {"Mia", "Miya"}, "Siddiqui": {"Siddiqi", "Siddique"}, "Iqbal": {"Eqbal"},
	"Qureshi": {"Quraishi", "Koreshi"}, "Mahmood": {"Mehmood", "Mahmoud"}, "Ibrahim": {"Ebrahim", "Ibraahim"}, "Ismail": {"Esmail", "Ismael"}, "Zakariya": {"Zakaria", "Sakariye"},
	"Oleksandr": {"Alexander", "Aleksandr"}, "Daryna": {"Darina"}, "Oksana": {"Oxana"}, "Zhang": {"Chang", "Cheung"}, "Huang": {"Wong", "Hwang"}, "Xu": {"Hsu", "Tsui"}, "Zhou": {"Chou", "Chow"},
	"Nguyen": {"Nguyên", "Ngyuen"}, "Leyla": {"Leila", "Layla"}, "Layla": {"Leila", "Laila"}, "Karim": {"Kareem"}, "Khalid": {"Khaled"}, "Al-Khatib": {"El-Khatib", "Alkhatib"}, "El-Sayed": {"Al-Sayed", "Elsayed"},
	"Siobhan": {"Shivaun", "Chevaun"}, "Niamh": {"Neve", "Neave"}, "Ciaran": {"Kieran", "Keiran"}, "Rhys": {"Reece", "Rhys"}, "Reece": {"Rhys", "Reese"}, "Zoe": {"Zoey"}, "Sean": {"Shaun", "Shawn"},
	"Stephen": {"Steven"}, "Luca": {"Luka"}, "Maddison": {"Madison"}, "Lewis": {"Louis"}, "Katherine": {"Catherine", "Kathryn"}, "Isla": {"Ayla"}, "Callum": {"Calum"}, "Amelia": {"Emelia"},
}

// A name is what a person is truly called; a file writes some form of it.
type name struct {
	given, middle, family string
	former                string // an earlier family name, "" if there is none
}

// plain is a name with its marks taken off, as many systems and typists do.
func plain(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if base, ok := unmarked[r]; ok {
			return base
		}
		return r
	}, s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

var unmarked = func() map[rune]rune {
	m := map[rune]rune{}
	marked, base := []rune("ąćęłńóśźżĄĆĘŁŃÓŚŹŻăâîșțĂÂÎȘȚėėūšžčáéíúñãõçêàÁÉÍÚÑÃÕÇÊôğşıöüİŞĞÖÜ"), []rune("acelnoszzACELNOSZZaaistAAISTeeuszcaeiunaoceaAEIUNAOCEogsiouISGOU")
	for i, r := range marked {
		m[r] = base[i]
	}
	return m
}()

// drawTradition picks a household's way of naming.
func drawTradition(r *rand.Rand) int {
	x := r.Float64()
	for i, t := range traditions {
		if x -= t.share; x < 0 {
			return i
		}
	}
	return 0
}

// familyName draws what a household's members share.
func (t *tradition) familyName(r *rand.Rand) string {
	f := pick(r, t.family)
	switch {
	case t.order == twoSurnames:
		return f + " " + pick(r, t.family)
	case t.order == givenFamily && chance(r, 0.05):
		return f + "-" + pick(r, t.family)
	}
	return f
}

// named draws a member's name in a household: sex M or F, the household's family name, and the father's own name.
func (t *tradition) named(r *rand.Rand, sex byte, family, father string) name {
	n := name{family: family}
	givens := t.boys
	if sex == 'F' {
		givens = t.girls
	}
	n.given = pick(r, givens)
	switch t.order {
	case patronymic:
		n.middle, n.family = father, family // father's name, then grandfather's
	case religiousMid:
		n.middle = t.religiousMiddle(r, sex)
	case genderedEnd:
		if sex == 'F' {
			n.family = feminine(family)
		}
	case givenFamily:
		if chance(r, 0.35) {
			n.middle = pick(r, givens)
		}
	}
	return n
}

// religiousMiddle is the part between given and family name that forms often take for a surname.
func (t *tradition) religiousMiddle(r *rand.Rand, sex byte) string {
	if t.name == "Punjabi Sikh" {
		if sex == 'F' {
			return "Kaur"
		}
		return "Singh"
	}
	if sex == 'F' {
		return pick(r, []string{"Begum", "Bibi", "Khatun", "Begum"})
	}
	return pick(r, []string{"", "", "Ali", "Ul"})
}

// feminine is the form of a Slavic family name that a woman bears.
func feminine(family string) string {
	for _, end := range []string{"ski", "cki"} {
		if stem, ok := strings.CutSuffix(family, end); ok {
			return stem + end[:2] + "a"
		}
	}
	return family
}
