package invented

import (
	"math/rand/v2"
	"strings"
)

// tradition is a way of naming people, with what clerks make of it.
type tradition struct {
	name         string
	share        float64
	male, female []string
	family       []string
	ends         []string // endings joined to stems for rarer family names
	double       bool     // two family names
	patronymic   bool     // own, father's and grandfather's names
	familyFirst  bool
	weak         string // singh or begum
	byEar        float64
	swapped      float64
	defaultDOB   float64
	gendered     bool
}

func list(s string) []string { return strings.Fields(s) }

var traditions = []*tradition{
	{name: "british", share: 0.58, byEar: 0.25, swapped: 0.006, defaultDOB: 0.001,
		male:   list("Jack Oliver Harry Thomas George James William Joshua Daniel Samuel Joseph Benjamin Alexander Jacob Charlie Alfie Liam Ethan Ryan Callum Connor Lewis Nathan Luke Matthew Adam Cameron Jordan Kieran Bradley Reece Owen Dylan Jake Aaron Toby Kyle Tyler Jamie Sean Zachary Michael Robert David Christopher Andrew Anthony Nicholas Edward Patrick Declan Rhys Morgan Finley Archie Freddie Leo Theo Kai Mason Riley Harvey Louis"),
		female: list("Emily Chloe Megan Charlotte Jessica Lauren Sophie Olivia Hannah Lucy Georgia Rebecca Bethany Amy Katie Ellie Amelia Grace Holly Abigail Molly Emma Leah Jasmine Courtney Caitlin Shannon Eleanor Paige Isabella Daisy Alice Elizabeth Catherine Samantha Victoria Natasha Nicole Rachel Danielle Kayleigh Poppy Freya Evie Ruby Lily Isla Mia Ava Phoebe Matilda Niamh Aoife Ffion Rosie"),
		family: list("Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Johnson Roberts Robinson Thompson Wright Walker White Edwards Hughes Green Hall Lewis Harris Clarke Jackson Wood Turner Martin Cooper Hill Ward Morris Moore Clark Baker Harrison Morgan Allen James Scott Phillips Watson Parker Price Bennett Young Griffiths Mitchell Kelly Cook Carter Richardson Bailey Collins Bell Shaw Murphy Miller Cox Marshall Anderson Simpson Ellis Adams Wilkinson Foster Chapman Powell Webb Rogers Gray Mason Hunt Campbell Matthews Owen Palmer Holmes Mills Barnes Knight Lloyd Butler Russell Barker Fisher Stevens Jenkins Murray Dixon Harvey Pearson Graham Fletcher Walsh O'Brien O'Connor McDonald Ryan Byrne MacKenzie Fitzgerald"),
		ends:   list("worth ley ton ham field wick ford by thorpe stead well bourne combe hurst dale wood more brook shaw gate")},
	{name: "south asian muslim", share: 0.09, byEar: 1.6, swapped: 0.02, defaultDOB: 0.01, weak: "begum",
		male:   list("Mohammed Muhammad Ahmed Ali Hassan Hussain Ibrahim Yusuf Omar Hamza Bilal Usman Zain Adnan Imran Faisal Tariq Kamran Rizwan Shahid Nadeem Junaid Haroon Salman Waqas Asif Zubair Rashid"),
		female: list("Aisha Fatima Maryam Zainab Khadija Amina Safiya Sana Iqra Hafsa Noor Sumaya Nadia Rukhsana Shabana Nasreen Samina Yasmin Farah Ayesha Rabia Saima"),
		family: list("Khan Ahmed Ali Hussain Begum Miah Akhtar Mahmood Malik Shah Chowdhury Rahman Uddin Islam Iqbal Qureshi Sheikh Siddiqui Bashir Aziz Rafiq Mirza Butt Rashid Hamid Akram"),
		ends:   nil},
	{name: "punjabi sikh", share: 0.03, byEar: 1.2, swapped: 0.01, weak: "singh",
		male:   list("Gurpreet Harpreet Manpreet Jaspreet Sukhdeep Gurdeep Hardeep Mandeep Jagdeep Arjan Amrit Karan Ranjit Balraj Inderjit Kuldip Navjot Parmjit Sandeep"),
		female: list("Gurpreet Harpreet Manpreet Jaspreet Sukhdeep Simran Jasleen Kiran Amrit Navneet Rajvir Parminder Kuljit Ravneet Sandeep"),
		family: list("Dhillon Gill Sandhu Sidhu Grewal Dhaliwal Bains Johal Mann Uppal Sahota Atwal Bhogal Virdi Kang Purewal Rai Samra Hayer")},
	{name: "indian and tamil", share: 0.03, byEar: 1, swapped: 0.02,
		male:   list("Rohan Arjun Vikram Rahul Sanjay Anand Karthik Suresh Vijay Nikhil Krishnan Prakash Ravi Aditya Siddharth Ganesh Dinesh"),
		female: list("Priya Anjali Kavita Lakshmi Divya Meera Shreya Pooja Deepika Nisha Anita Sangeeta Radha Kavya Janani"),
		family: list("Patel Sharma Gupta Desai Mehta Shah Krishnan Subramaniam Rajan Nair Menon Iyer Reddy Rao Pillai Sivakumar Thangarajah Chandrasekaran Balasubramaniam")},
	{name: "somali", share: 0.04, byEar: 2, swapped: 0.02, defaultDOB: 0.06, patronymic: true,
		male:   list("Mohamed Abdi Ahmed Ali Hassan Hussein Abdirahman Abdullahi Omar Yusuf Ismail Farah Jama Warsame Osman Mahad Liban Guled Khalid Said Adan Hirsi Nur Bashir Abdikadir"),
		female: list("Fadumo Halimo Hodan Ifrah Sahra Asha Khadra Hibo Nimco Sagal Ayaan Hawa Amina Maryan Zahra Deqa Ubah Faiza")},
	{name: "eritrean and ethiopian", share: 0.015, byEar: 2, swapped: 0.02, defaultDOB: 0.06, patronymic: true,
		male:   list("Tesfay Yohannes Filmon Natnael Kidane Berhane Mehari Samuel Dawit Haile Tekle Abel Solomon Girmay Mulugeta Gebre Hagos"),
		female: list("Selam Rahwa Bethlehem Hiwet Saba Feven Almaz Tigist Mebrat Lemlem Ruta Helen")},
	{name: "arabic and kurdish", share: 0.03, byEar: 1.8, swapped: 0.02, defaultDOB: 0.03,
		male:   list("Mustafa Karim Samir Walid Tarek Nasser Rami Bassam Karwan Rebin Soran Hiwa Zana Mahmoud Anas Ayman Khaled Faris Yousef"),
		female: list("Leila Salma Rania Huda Samira Nour Dalal Shilan Rojin Avin Hanan Yasmin Amal Dina"),
		family: list("Al-Khatib Haddad Mansour Hamid Rashid Al-Sayed Darwish Najjar Saleh El-Amin Barzani Talabani Aziz Karim Mahmoud Hariri Khoury Al-Masri")},
	{name: "turkish", share: 0.02, byEar: 1, swapped: 0.01,
		male:   list("Mehmet Mustafa Emre Can Burak Hakan Kemal Serkan Yusuf Kaan Deniz Baris Onur"),
		female: list("Ayse Elif Zeynep Fatma Emine Selin Esra Merve Derya Sevgi Hatice"),
		family: list("Yilmaz Kaya Demir Celik Sahin Yildiz Ozturk Aydin Arslan Dogan Kilic Aslan Koc Polat")},
	{name: "polish and slavic", share: 0.04, byEar: 1.2, swapped: 0.012, gendered: true,
		male:   list("Jakub Kacper Filip Szymon Mateusz Michal Piotr Pawel Krzysztof Tomasz Lukasz Wojciech Bartosz Adam Oleksandr Andriy Dmytro Mykola Marcin"),
		female: list("Zuzanna Julia Maja Zofia Oliwia Wiktoria Katarzyna Agnieszka Malgorzata Magdalena Ewa Olena Kateryna Oksana Natalia"),
		family: list("Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak Dabrowski Kozlowski Jankowski Mazur Kwiatkowski Krawczyk Petrov Ivanov Kovalenko Shevchenko Grabowski")},
	{name: "romanian and baltic", share: 0.02, byEar: 0.8, swapped: 0.012,
		male:   list("Andrei Alexandru Stefan Ionut Mihai Gabriel Cristian Florin Marius Jonas Lukas Tomas Mantas Vlad"),
		female: list("Maria Elena Andreea Ioana Alexandra Gabriela Daniela Ruta Egle Ieva Monika"),
		family: list("Popescu Ionescu Popa Radu Dumitru Stan Stoica Gheorghe Rusu Munteanu Kazlauskas Petrauskas Jankauskas Stankevicius")},
	{name: "portuguese and spanish", share: 0.03, byEar: 0.9, swapped: 0.015, double: true,
		male:   list("Joao Pedro Tiago Diogo Miguel Carlos Jose Rafael Luis Antonio Mateus Santiago Diego Javier Ricardo"),
		female: list("Maria Ana Beatriz Carolina Mariana Sofia Ines Lucia Valentina Camila Isabel Catarina"),
		family: list("Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes Goncalves Gomes Lopes Garcia Rodriguez Martinez Lopez Gonzalez Perez Sanchez Ramirez Torres")},
	{name: "west african", share: 0.05, byEar: 1, swapped: 0.03, defaultDOB: 0.01,
		male:   list("Oluwaseun Tobi Emeka Chinedu Kwame Kofi Femi Ayodele Kwaku Yaw Babatunde Temitope Ikenna Obinna Amadou Ousmane Emmanuel David Samuel Tunde"),
		female: list("Ngozi Chioma Adaeze Folake Abena Akua Ama Temitope Yetunde Bukola Adwoa Fatou Esther Blessing Precious"),
		family: list("Adeyemi Okafor Mensah Boateng Owusu Adebayo Ogunleye Okonkwo Nwosu Asante Osei Appiah Diallo Jallow Bah Balogun Afolabi Eze Adekunle Agyeman Bello")},
	{name: "chinese", share: 0.015, byEar: 0.7, swapped: 0.08, familyFirst: true,
		male:   list("Wei Jun Ming Hao Xin Yi Chun Kai Zhen Jie Tsz Ho Man"),
		female: list("Mei Ling Yan Xiu Jing Hui Li Fang Wai Ka Yin"),
		family: list("Chen Wang Li Zhang Liu Huang Wong Chan Cheung Lam Leung Ng Ho Lau Tang Yip")},
	{name: "vietnamese", share: 0.01, byEar: 0.8, swapped: 0.12, familyFirst: true, defaultDOB: 0.03,
		male:   list("Anh Minh Duc Hung Tuan Nam Huy Khanh Quan Long"),
		female: list("Linh Huong Mai Lan Thao Ngoc Trang Hoa Thuy"),
		family: list("Nguyen Tran Le Pham Hoang Vu Dang Bui Do Ngo")},
}

func pickTradition(r *rand.Rand) *tradition {
	f := r.Float64()
	for _, t := range traditions {
		if f -= t.share; f < 0 {
			return t
		}
	}
	return traditions[0]
}

var stems = list("Ash Birch Oak Thorn Hazel Wex Lang Short Nor Sut East West Red Black Stan Mar Hol Bram Crow Fen Gar Hart Kel Lin Mil Pen Rad Sel Tan Wal Win Bur Cal Den Elm Far Gold Hed Ing Jar Kirk")

func (m *maker) familyName(t *tradition) []string {
	if t.patronymic {
		return []string{m.pick(t.male)}
	}
	one := func() string {
		if t.ends != nil && m.chance(0.35) {
			return m.pick(stems) + m.pick(t.ends)
		}
		return m.pick(t.family)
	}
	f := []string{one()}
	if t.double || m.chance(0.03) {
		if g := one(); g != f[0] {
			f = append(f, g)
		}
	}
	return f
}

func (m *maker) name(p *person, fam []string) {
	t := p.trad
	givens := t.male
	if p.female {
		givens = t.female
	}
	p.given = []string{m.pick(givens)}
	if t.name == "chinese" {
		p.given = append(p.given, m.pick(givens))
	}
	p.middle = nil
	if m.chance(0.55) {
		p.middle = []string{m.pick(givens)}
	}
	p.family = append([]string{}, fam...)
	switch {
	case t.patronymic:
		p.middle = []string{m.father(t, fam[0])}
	case t.name == "vietnamese":
		p.middle = []string{"Van"}
		if p.female {
			p.middle = []string{"Thi"}
		}
	case t.gendered && p.female:
		for i, f := range p.family {
			if strings.HasSuffix(f, "ski") {
				p.family[i] = f[:len(f)-1] + "a"
			}
			if strings.HasSuffix(f, "ov") {
				p.family[i] = f + "a"
			}
		}
	}
	p.nick = shorts[p.given[0]]
	if p.nick == "" && m.chance(0.04) && len(p.given[0]) > 5 {
		p.nick = p.given[0][:3]
	}
}

// father is the father's name of a household, the same for its children.
func (m *maker) father(t *tradition, grandfather string) string {
	n := 0
	for _, c := range grandfather {
		n += int(c)
	}
	return t.male[n%len(t.male)]
}

var shorts = map[string]string{
	"Oliver": "Ollie", "Thomas": "Tom", "William": "Will", "Joshua": "Josh", "Daniel": "Dan", "Samuel": "Sam", "Joseph": "Joe", "Benjamin": "Ben", "Alexander": "Alex",
	"Jacob": "Jake", "Matthew": "Matt", "Nathan": "Nate", "Bradley": "Brad", "Zachary": "Zac", "Michael": "Mike", "Robert": "Bob", "David": "Dave", "Christopher": "Chris",
	"Andrew": "Andy", "Anthony": "Tony", "Nicholas": "Nick", "Edward": "Ted", "Patrick": "Paddy", "Jordan": "Jord", "Cameron": "Cam", "Archie": "Arch",
	"Charlotte": "Lottie", "Jessica": "Jess", "Rebecca": "Becky", "Bethany": "Beth", "Abigail": "Abi", "Eleanor": "Ellie", "Isabella": "Bella", "Elizabeth": "Liz",
	"Catherine": "Kate", "Samantha": "Sam", "Victoria": "Vicky", "Natasha": "Tash", "Megan": "Meg", "Danielle": "Dani", "Matilda": "Tilly", "Amelia": "Millie",
	"Mohammed": "Mo", "Muhammad": "Mo", "Oluwaseun": "Seun", "Katarzyna": "Kasia", "Malgorzata": "Gosia", "Krzysztof": "Chris", "Alexandru": "Alex", "Alexandra": "Alex",
	"Abdirahman": "Abdi", "Abdullahi": "Abdi",
}

var (
	streetNames = list("Ghost Smiley Tiny Biggs Dex Shadow Zee Flash Rex Moose Lil-K Spider Jinx Bones Cash")
	streets     = list("Harbour Chapel Station Mill Church Victoria Albert Queen King Park Orchard Meadow Castle Bridge Spring North South Quay Heron Kestrel Plover Curlew Tern Gannet Osprey Wren Finch Linnet Siskin Dunlin Avocet Godwit Ruff Snipe Teal Wigeon Pochard Shelduck Eider Petrel Fulmar Skua Puffin Razorbill")
	kinds       = list("Street Road Avenue Close Drive Lane Crescent Court Place Terrace Gardens Grove")
	towns       = list("Tidemouth Wrackford Saltham Ebbton Shoreley Marshwick Reedham Fenby Dunecombe Cliffstead")
)
