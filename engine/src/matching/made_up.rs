//! Which records does a careless office make of the same people? Made up from a seed, with the truth beside them; for tests
//! and for the benchmark.

const NAMES: &str = include_str!("../../../tests/fixtures/matching/names.txt");

/// The columns of the records.
pub(crate) const COLUMNS: [&str; 11] = [
    "given",
    "family",
    "birth_date",
    "national_id",
    "mobile",
    "email",
    "street",
    "plate",
    "city",
    "postal_code",
    "province",
];

const CITIES: [(&str, &str); 12] = [
    ("تهران", "تهران"),
    ("مشهد", "خراسان رضوی"),
    ("اصفهان", "اصفهان"),
    ("شیراز", "فارس"),
    ("تبریز", "آذربایجان شرقی"),
    ("کرج", "البرز"),
    ("قم", "قم"),
    ("اهواز", "خوزستان"),
    ("رشت", "گیلان"),
    ("الرياض", "الرياض"),
    ("جدة", "مكة المكرمة"),
    ("بغداد", "بغداد"),
];

const STREETS: [&str; 16] = [
    "خیابان ولیعصر کوچه بهار",
    "خیابان انقلاب کوچه دانش",
    "بلوار کشاورز",
    "خیابان شریعتی کوچه یاس",
    "خیابان آزادی",
    "بلوار فردوسی کوچه لاله",
    "خیابان سعدی",
    "خیابان حافظ کوچه نرگس",
    "میدان امام خیابان مدرس",
    "خیابان بهشتی کوچه سوم",
    "شارع الملك فهد",
    "شارع التحلية",
    "خیابان مطهری کوچه مهر",
    "خیابان کارگر شمالی",
    "بلوار وکیل‌آباد",
    "خیابان امام خمینی",
];

/// The numbers of a seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most
    }

    /// Whether something happens that happens so many times in a hundred.
    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + self.below(10) as u8))
            .collect()
    }
}

/// A line of the fixture: who bears it, the name, and how people spell it.
pub(crate) struct Spelt {
    pub(crate) family: bool,
    pub(crate) arabic: bool,
    pub(crate) name: &'static str,
    pub(crate) spellings: Vec<&'static str>,
}

/// The fixture of names.
pub(crate) fn spelt() -> Vec<Spelt> {
    let lines = NAMES.lines().filter(|line| !line.is_empty());
    let lines = lines.filter(|line| !line.starts_with('#'));
    let read = |line: &'static str| {
        let (left, right) = line.split_once(" = ")?;
        let mut words = left.splitn(3, ' ');
        Some(Spelt {
            family: words.next() == Some("family"),
            arabic: words.next() == Some("ar"),
            name: words.next()?,
            spellings: right.split(", ").collect(),
        })
    };
    lines.filter_map(read).collect()
}

/// Somebody as he is.
struct Person<'a> {
    given: &'a Spelt,
    family: &'a Spelt,
    birth: (usize, usize, usize),
    national_id: String,
    mobile: String,
    mailbox: (String, &'static str),
    home: Home,
}

#[derive(Clone)]
struct Home {
    street: &'static str,
    plate: String,
    city: (&'static str, &'static str),
    postal_code: String,
}

impl Home {
    fn drawn(dice: &mut Dice) -> Self {
        Self {
            street: STREETS[dice.below(STREETS.len())],
            plate: (1 + dice.below(300)).to_string(),
            city: *dice.pick(&CITIES),
            postal_code: dice.digits(10),
        }
    }
}

/// Records with whom each is of: about so many, in no order. Some people are there once, some up to five times.
pub(crate) fn records(count: usize, seed: u64) -> (Vec<Vec<String>>, Vec<usize>) {
    let mut dice = Dice(seed);
    let spelt = spelt();
    let (families, givens): (Vec<&Spelt>, Vec<&Spelt>) = spelt.iter().partition(|line| line.family);
    let mut made: Vec<(Vec<String>, usize)> = Vec::with_capacity(count + 5);
    let mut person = 0;
    while made.len() < count {
        let who = somebody(&givens, &families, &mut dice);
        let times = match dice.below(100) {
            0..60 => 1,
            60..85 => 2,
            85..95 => 3,
            _ => 2 + dice.below(4),
        };
        for time in 0..times {
            made.push((written(&who, time > 0, &mut dice), person));
        }
        person += 1;
    }
    for at in (1..made.len()).rev() {
        made.swap(at, dice.below(at + 1));
    }
    made.into_iter().unzip()
}

fn somebody<'a>(givens: &[&'a Spelt], families: &[&'a Spelt], dice: &mut Dice) -> Person<'a> {
    // Some names are much more common than others.
    let place = dice.below(givens.len()).min(dice.below(givens.len()));
    let given = givens[place];
    let alike: Vec<&'a Spelt> = families
        .iter()
        .filter(|family| family.arabic == given.arabic)
        .copied()
        .collect();
    let family = alike[dice.below(alike.len()).min(dice.below(alike.len()))];
    let latin = |spelt: &Spelt| {
        spelt.spellings[0]
            .to_lowercase()
            .replace([' ', '-', '\''], "")
    };
    let number = dice.below(1_000);
    Person {
        given,
        family,
        birth: (
            1320 + dice.below(70),
            1 + dice.below(12),
            1 + dice.below(29),
        ),
        national_id: dice.digits(10),
        mobile: format!("9{}", dice.digits(9)),
        mailbox: (
            format!("{}.{}{number}", latin(given), latin(family)),
            *dice.pick::<&str>(&["gmail.com", "yahoo.com", "example.ir"]),
        ),
        home: Home::drawn(dice),
    }
}

/// A record of somebody; carelessly, if it is not the first.
fn written(who: &Person<'_>, carelessly: bool, dice: &mut Dice) -> Vec<String> {
    let careless = |dice: &mut Dice, share: usize| carelessly && dice.percent(share);
    let (mut given, mut family) = (who.given.name.to_owned(), who.family.name.to_owned());
    if careless(dice, 30) {
        given = (*dice.pick(&who.given.spellings)).to_owned();
        family = (*dice.pick(&who.family.spellings)).to_owned();
    } else {
        given = spelling(given, carelessly, dice);
        family = spelling(family, carelessly, dice);
    }
    if careless(dice, 10) {
        family = mistyped(&family, dice);
    }
    if careless(dice, 8) {
        given = format!(
            "{} {given}",
            dice.pick(&["دکتر", "مهندس", "سید", "حاج", "Dr."])
        );
    }
    if careless(dice, 8) {
        std::mem::swap(&mut given, &mut family);
    }
    let (year, month, day) = who.birth;
    let mut birth = format!("{year}/{month:02}/{day:02}");
    if careless(dice, 8) {
        birth = format!("{year}/{day:02}/{month:02}");
    }
    if careless(dice, 8) {
        birth = with_other_digit(&birth, dice);
    }
    let mut national_id = who.national_id.clone();
    if careless(dice, 8) {
        national_id = with_other_digit(&national_id, dice);
    }
    let moved = careless(dice, 25);
    let home = if moved {
        Home::drawn(dice)
    } else {
        who.home.clone()
    };
    let mobile = match careless(dice, 25) {
        true => format!("9{}", dice.digits(9)),
        false => who.mobile.clone(),
    };
    let record = [
        given,
        family,
        missing(birth, 15, dice),
        missing(national_id, 45, dice),
        missing(as_dialled(&mobile, dice), 10, dice),
        missing(mailbox(who, carelessly, dice), 40, dice),
        missing(spelling(home.street.to_owned(), carelessly, dice), 10, dice),
        missing(home.plate, 15, dice),
        spelling(home.city.0.to_owned(), carelessly, dice),
        missing(home.postal_code, 40, dice),
        missing(home.city.1.to_owned(), 20, dice),
    ];
    record.map(|text| in_other_digits(text, dice)).into()
}

fn missing(text: String, share: usize, dice: &mut Dice) -> String {
    if dice.percent(share) {
        String::new()
    } else {
        text
    }
}

/// The letters of another keyboard, a half-space or none.
fn spelling(text: String, carelessly: bool, dice: &mut Dice) -> String {
    if !carelessly {
        return text;
    }
    let mut text = text;
    for (letter, instead) in [
        ("ی", "ي"),
        ("ک", "ك"),
        ("ه", "ة"),
        ("آ", "ا"),
        ("أ", "ا"),
        ("ؤ", "و"),
        ("ئی", "یی"),
        ("\u{200c}", " "),
        ("\u{200c}", ""),
    ] {
        if dice.percent(40) {
            text = text.replace(letter, instead);
        }
    }
    text
}

/// One letter left out, doubled, or two neighbours changed.
fn mistyped(text: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 4 {
        return text.to_owned();
    }
    let at = 1 + dice.below(letters.len() - 2);
    match dice.below(3) {
        0 => {
            letters.remove(at);
        }
        1 => letters.insert(at, letters[at]),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

fn with_other_digit(text: &str, dice: &mut Dice) -> String {
    let at = dice.below(text.len());
    let digit = char::from(b'0' + dice.below(10) as u8);
    let digits = text.chars().enumerate();
    digits
        .map(|(place, c)| {
            if place == at && c.is_ascii_digit() {
                digit
            } else {
                c
            }
        })
        .collect()
}

fn as_dialled(mobile: &str, dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => format!("+98{mobile}"),
        1 => format!("0098 {mobile}"),
        _ => format!("0{mobile}"),
    }
}

fn mailbox(who: &Person<'_>, carelessly: bool, dice: &mut Dice) -> String {
    let (name, host) = &who.mailbox;
    match dice.below(5) {
        0 if carelessly && *host == "gmail.com" => {
            format!("{}+crm@{host}", name.replace('.', ""))
        }
        1 if carelessly => mistyped(&format!("{name}@{host}"), dice),
        2 if carelessly => format!("{}@company.ir", name),
        _ => format!("{name}@{host}"),
    }
}

fn in_other_digits(text: String, dice: &mut Dice) -> String {
    let zero = match dice.below(6) {
        0 => '۰',
        1 => '٠',
        _ => return text,
    };
    if text.contains('@') {
        return text;
    }
    let other = |c: char| {
        c.to_digit(10)
            .and_then(|digit| char::from_u32(zero as u32 + digit))
    };
    text.chars().map(|c| other(c).unwrap_or(c)).collect()
}
