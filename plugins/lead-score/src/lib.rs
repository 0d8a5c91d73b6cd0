//! How promising is a lead or an opportunity, and why? A sum of weights that the administrator
//! sets, with every point explained. The same record has the same score on every day and machine.

mod title;

use peyvand_plugin::{BindError, ComputedFields, Decimal, Language, Patch, Plugin, Row, Settings};

const FULL: i64 = 100;

/// The plugin with its weights.
#[derive(Debug, Clone)]
pub struct LeadScore {
    language: Language,
    large_from: i64,
    lead: LeadWeights,
    opportunity: OpportunityWeights,
}

#[derive(Debug, Clone)]
struct LeadWeights {
    referral: i64,
    partner: i64,
    event: i64,
    other_source: i64,
    phone: i64,
    email: i64,
    work_email: i64,
    company: i64,
    decision_maker: i64,
    size: i64,
    budget: i64,
}

#[derive(Debug, Clone)]
struct OpportunityWeights {
    probability: i64,
    amount: i64,
    contact: i64,
    close_date: i64,
    product: i64,
    warm_source: i64,
}

impl Plugin for LeadScore {
    fn bind(settings: &Settings) -> Result<Self, BindError> {
        let weight = |name| settings.integer(name, 0..=FULL);
        Ok(Self {
            language: Language::of_setting(settings, "language")?,
            large_from: settings.integer("large-company-from", 1..=1_000_000)?,
            lead: LeadWeights {
                referral: weight("weight-referral")?,
                partner: weight("weight-partner")?,
                event: weight("weight-event")?,
                other_source: weight("weight-other-source")?,
                phone: weight("weight-phone")?,
                email: weight("weight-email")?,
                work_email: weight("weight-work-email")?,
                company: weight("weight-company")?,
                decision_maker: weight("weight-decision-maker")?,
                size: weight("weight-size")?,
                budget: weight("weight-budget")?,
            },
            opportunity: OpportunityWeights {
                probability: weight("weight-probability")?,
                amount: weight("weight-amount")?,
                contact: weight("weight-contact")?,
                close_date: weight("weight-close-date")?,
                product: weight("weight-product")?,
                warm_source: weight("weight-warm-source")?,
            },
        })
    }

    fn serves(_point: &str, name: &str) -> bool {
        matches!(name, "lead" | "opportunity")
    }
}

/// Points and the words for them.
struct Score {
    language: Language,
    points: i64,
    reasons: String,
}

impl Score {
    /// Adds points with their reason in the three languages.
    fn add(&mut self, points: i64, words: [&str; 3]) {
        if points == 0 {
            return;
        }
        self.points += points;
        if !self.reasons.is_empty() {
            self.reasons.push_str(self.language.pick(", ", "، ", "، "));
        }
        self.reasons.push('+');
        self.language.push_number(&mut self.reasons, points);
        self.reasons.push(' ');
        self.reasons.push_str(self.words(words));
    }

    fn add_if(&mut self, condition: bool, points: i64, words: [&str; 3]) {
        if condition {
            self.add(points, words);
        }
    }

    fn words<'w>(&self, [english, persian, arabic]: [&'w str; 3]) -> &'w str {
        self.language.pick(english, persian, arabic)
    }

    /// A score that needs no sum.
    fn decided(&mut self, points: i64, words: [&str; 3]) {
        self.points = points;
        self.reasons = self.words(words).to_owned();
    }

    fn write(self, patch: &mut Patch<'_, '_>) {
        patch.set("score", self.points.min(FULL));
        match self.reasons.is_empty() {
            true => patch.clear("score_reasons"),
            false => patch.set("score_reasons", self.reasons),
        };
    }
}

impl LeadScore {
    fn score_lead(&self, row: &Row<'_>, score: &mut Score) {
        if row.text("status") == Some("unqualified") {
            score.decided(0, ["unqualified", "رد صلاحیت شده", "غير مؤهل"]);
            return;
        }
        let weights = &self.lead;
        match row.text("source") {
            Some("referral") => score.add(weights.referral, ["referral", "معرفی", "إحالة"]),
            Some("partner") => {
                score.add(weights.partner, ["from a partner", "از همکار", "من شريك"]);
            }
            Some("event") => {
                score.add(weights.event, ["met at an event", "از رویداد", "من فعالية"]);
            }
            Some(_) => {
                score.add(
                    weights.other_source,
                    ["known source", "منبع روشن", "مصدر معروف"],
                );
            }
            None => {}
        }
        let phone = ["has a phone", "تلفن دارد", "لديه هاتف"];
        score.add_if(row.has("phone"), weights.phone, phone);
        if let Some(email) = row.text("email").filter(|email| email.contains('@')) {
            score.add(weights.email, ["has e-mail", "ایمیل دارد", "لديه بريد"]);
            let words = ["company's own e-mail", "ایمیل سازمانی", "بريد خاص بالشركة"];
            score.add_if(title::is_work_address(email), weights.work_email, words);
        }
        let company = ["names a company", "شرکت دارد", "يذكر شركة"];
        score.add_if(row.has("company"), weights.company, company);
        let decides = row.text("job_title").is_some_and(title::decides);
        let words = ["decision maker", "تصمیم‌گیر", "صاحب قرار"];
        score.add_if(decides, weights.decision_maker, words);
        let employees = row.integer("employees").unwrap_or(0);
        let words = ["large company", "شرکت بزرگ", "شركة كبيرة"];
        score.add_if(employees >= self.large_from, weights.size, words);
        let budget = row
            .money("budget")
            .map_or(Decimal::ZERO, |money| money.amount);
        let words = ["names a budget", "بودجه دارد", "يذكر ميزانية"];
        score.add_if(budget > Decimal::ZERO, weights.budget, words);
    }

    fn score_opportunity(&self, row: &Row<'_>, score: &mut Score) {
        match row.text("status") {
            Some("won") => return score.decided(FULL, ["won", "برده شد", "رابحة"]),
            Some("lost") => return score.decided(0, ["lost", "از دست رفت", "خاسرة"]),
            _ => {}
        }
        let weights = &self.opportunity;
        let percent = row.decimal("probability").map_or(0, Decimal::truncated);
        let points = weights.probability * percent.clamp(0, 100) / 100;
        score.add(points, ["by its stage", "بنا بر مرحله", "حسب المرحلة"]);
        let amount = row
            .money("amount")
            .map_or(Decimal::ZERO, |money| money.amount);
        let words = ["has an amount", "مبلغ دارد", "لها مبلغ"];
        score.add_if(amount > Decimal::ZERO, weights.amount, words);
        let words = ["has a contact", "مخاطب دارد", "لها جهة اتصال"];
        score.add_if(row.has("contact"), weights.contact, words);
        let words = ["has a close date", "تاریخ بستن دارد", "لها تاريخ إغلاق"];
        score.add_if(row.has("close_date"), weights.close_date, words);
        let named = row.has("product") || row.has("product_text");
        let words = ["names a product", "محصول دارد", "تذكر منتجًا"];
        score.add_if(named, weights.product, words);
        let warm = matches!(row.text("source"), Some("referral" | "partner"));
        let words = ["referral or partner", "معرفی یا همکار", "إحالة أو شريك"];
        score.add_if(warm, weights.warm_source, words);
    }
}

impl ComputedFields for LeadScore {
    fn compute(&self, row: &Row<'_>, patch: &mut Patch<'_, '_>) {
        let mut score = Score {
            language: self.language,
            points: 0,
            reasons: String::new(),
        };
        match row.hook() {
            "lead" => self.score_lead(row, &mut score),
            _ => self.score_opportunity(row, &mut score),
        }
        score.write(patch);
    }
}

peyvand_plugin::export!(LeadScore: computed_fields);

#[cfg(test)]
mod tests;
