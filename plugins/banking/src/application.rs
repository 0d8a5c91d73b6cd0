//! May an application be saved as it is, and what does it cost?

use peyvand_plugin::{Answer, Date, Decimal, Money, Patch, Row, records};

use crate::product::{Product, terms};
use crate::{Banking, days, iban, lookup, money};

/// Steps in which the terms are agreed and stay.
const AGREED: [&str; 4] = ["agreement", "paid_out", "opening", "opened"];

/// Steps that decide, before which guarantors must be there and the customer identified.
const DECIDING: [&str; 3] = ["branch_decision", "head_decision", "agreement"];

/// What is known of an application while it is checked.
struct Case<'a> {
    bank: &'a Banking,
    row: &'a Row<'a>,
    product: &'a Product,
    rate: Option<Decimal>,
    method: Option<&'a str>,
}

impl Banking {
    pub(crate) fn check_application(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        self.check_iban(row, answer);
        self.check_dates(row, answer);
        let Some(product) = Product::of(row.text("product")) else {
            return answer.refuse_field(
                "product",
                "product",
                self.say(
                    "the product cannot be found; choose one that the bank offers",
                    "محصول پیدا نشد؛ یکی از محصولات بانک را برگزینید",
                    "تعذر العثور على المنتج؛ اختر منتجًا يقدمه البنك",
                ),
            );
        };
        let is_new = row.old().text("product").is_none();
        let is_other = is_new || row.changed("product");
        self.check_product(row, &product, is_new, answer);
        // What was offered holds, whatever becomes of the product.
        if is_other {
            take_over(&product, answer);
        }
        if row.date("requested_on").is_none() {
            answer.set("requested_on", row.today());
        }
        let case = Case {
            bank: self,
            row,
            product: &product,
            rate: if is_other {
                product.rate
            } else {
                row.decimal("rate")
            },
            method: if is_other {
                product.method.as_deref()
            } else {
                row.text("method")
            },
        };
        case.amount(answer);
        case.term(answer);
        case.age(answer);
        case.income(answer);
        case.agreed(answer);
        if row.changed("step") {
            case.decision(answer);
            if row.text("step") == Some("agreement") && row.date("first_due_on").is_none() {
                let from = row.date("decided_on").unwrap_or_else(|| row.today());
                answer.set("first_due_on", days::months_later(from, 1, self.calendar));
            }
        }
    }

    fn check_iban(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        let Some(written) = row.text("iban") else {
            return;
        };
        match iban::canonical(written) {
            Some(canonical) if canonical == written => {}
            Some(canonical) => drop(answer.set("iban", canonical)),
            None => answer.refuse_field(
                "iban",
                "iban",
                self.say(
                    "this is no IBAN: its check digits do not fit; copy it anew from the account",
                    "شماره شبا درست نیست: رقم کنترل آن نمی‌خواند؛ آن را دوباره از حساب بردارید",
                    "رقم الآيبان غير صحيح: رقم التحقق لا يطابق؛ انسخه من الحساب مجددًا",
                ),
            ),
        }
    }

    fn check_dates(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
        let order = ["requested_on", "decided_on", "signed_on", "first_due_on"];
        let mut last: Option<Date> = None;
        for field in order {
            let Some(day) = row.date(field) else {
                continue;
            };
            if last.is_some_and(|last| day < last) {
                answer.refuse_field(
                    field,
                    "dates",
                    self.say(
                        "it is before the date that must come first: application, decision, signature, first instalment",
                        "پیش از تاریخی است که باید نخست بیاید: درخواست، تصمیم، امضا، نخستین قسط",
                        "إنه قبل التاريخ الذي يجب أن يسبقه: الطلب ثم القرار ثم التوقيع ثم أول قسط",
                    ),
                );
            }
            last = last.max(Some(day));
        }
    }

    fn check_product(
        &self,
        row: &Row<'_>,
        product: &Product,
        is_new: bool,
        answer: &mut Answer<'_, '_>,
    ) {
        if product.kind.as_deref() != row.text("kind") {
            answer.refuse_field(
                "kind",
                "kind",
                self.say(
                    "the product is of another kind; choose the kind of the product",
                    "نوع محصول چیز دیگری است؛ همان نوع محصول را برگزینید",
                    "المنتج من نوع آخر؛ اختر نوع المنتج",
                ),
            );
        }
        if is_new && !product.active {
            answer.refuse_field(
                "product",
                "not-offered",
                self.say(
                    "the bank does not offer this product any more; choose another",
                    "بانک دیگر این محصول را عرضه نمی‌کند؛ محصول دیگری برگزینید",
                    "لم يعد البنك يقدم هذا المنتج؛ اختر غيره",
                ),
            );
        }
    }

    /// What follows from an application's terms.
    pub(crate) fn compute_terms(&self, row: &Row<'_>, patch: &mut Patch<'_, '_>) {
        let product = Product::of(row.text("product"));
        let amount = row.money("amount");
        let limit = lookup::of(
            "territory",
            row.text("branch"),
            &["bank_decides_up_to"],
            |row| row.money("bank_decides_up_to"),
        );
        let limit = limit
            .flatten()
            .map_or(self.branch_decides_up_to, |limit| limit.amount);
        let is_large = amount.is_some_and(|amount| amount.amount > limit);
        patch.set("level", if is_large { "head_office" } else { "branch" });
        let is_loan = row.text("kind") == Some("loan");
        let needed = product
            .as_ref()
            .zip(amount)
            .map_or(0, |(product, amount)| product.guarantors_for(&amount));
        patch.set("guarantors_needed", if is_loan { needed } else { 0 });
        let cost = amount.and_then(|amount| {
            let method = row.text("method");
            let terms = terms(
                Some(amount),
                row.integer("term_months"),
                row.decimal("rate"),
                method,
            )?;
            let all = terms.instalments().filter(|_| is_loan)?;
            let first = all.first()?.amount();
            let profit: i128 = all.iter().map(|one| one.profit).sum();
            Some((amount, first, terms.principal, profit))
        });
        let Some((amount, instalment, principal, profit)) = cost else {
            for field in ["instalment", "total_profit", "total_cost", "debt_to_income"] {
                patch.clear(field);
            }
            return;
        };
        patch
            .set("instalment", money::of_units(instalment, &amount))
            .set("total_profit", money::of_units(profit, &amount))
            .set("total_cost", money::of_units(principal + profit, &amount));
        match share(row, instalment, &amount) {
            Some(percent) => patch.set("debt_to_income", Decimal::from_billionths(percent)),
            None => patch.clear("debt_to_income"),
        };
    }
}

/// What of the income goes into instalments, in billionths of a percent.
fn share(row: &Row<'_>, instalment: i128, amount: &Money) -> Option<i128> {
    let income = row
        .money("income")
        .filter(|income| income.currency == amount.currency)?;
    let others = row
        .money("other_instalments")
        .filter(|others| others.currency == amount.currency);
    let others = others.map_or(0, |others| money::units(&others).unwrap_or(0));
    money::percent(instalment.checked_add(others)?, money::units(&income)?)
}

fn take_over(product: &Product, answer: &mut Answer<'_, '_>) {
    match product.rate {
        Some(rate) => answer.set("rate", rate),
        None => answer.clear("rate"),
    };
    match product.method.as_deref() {
        Some(method) => answer.set("method", method),
        None => answer.clear("method"),
    };
    answer.set("security", product.security.as_deref().unwrap_or("none"));
}

impl Case<'_> {
    fn say(
        &self,
        english: &'static str,
        persian: &'static str,
        arabic: &'static str,
    ) -> &'static str {
        self.bank.say(english, persian, arabic)
    }

    fn amount(&self, answer: &mut Answer<'_, '_>) {
        let Some(amount) = self.row.money("amount") else {
            return;
        };
        if money::units(&amount).is_none() || amount.amount <= Decimal::ZERO {
            return answer.refuse_field(
                "amount",
                "whole-units",
                self.say(
                    "an amount is above nothing and in whole rials; round it",
                    "مبلغ باید بیش از صفر و به ریال درست باشد؛ آن را گرد کنید",
                    "يجب أن يكون المبلغ أكبر من صفر وبالريالات الصحيحة؛ قرّبه",
                ),
            );
        }
        let language = self.bank.language;
        let (least, most) = (&self.product.min_amount, &self.product.max_amount);
        if [least, most]
            .into_iter()
            .flatten()
            .any(|limit| limit.currency != amount.currency)
        {
            return answer.refuse_field(
                "amount",
                "currency",
                self.say(
                    "the product is in another currency; write the amount in that",
                    "ارز محصول چیز دیگری است؛ مبلغ را به همان ارز بنویسید",
                    "المنتج بعملة أخرى؛ اكتب المبلغ بها",
                ),
            );
        }
        if let Some(least) = least
            .as_ref()
            .filter(|least| money::exceeds(least, &amount))
        {
            let least = money::told(least, language);
            let message = language.pick(
                format!("the product begins at {least}; raise the amount"),
                format!("کمترین مبلغ این محصول {least} است؛ مبلغ را بیشتر کنید"),
                format!("أقل مبلغ لهذا المنتج {least}؛ ارفع المبلغ"),
            );
            answer.refuse_field("amount", "below-minimum", message);
        }
        if let Some(most) = most.as_ref().filter(|most| money::exceeds(&amount, most)) {
            let most = money::told(most, language);
            let message = language.pick(
                format!("the product ends at {most}; lower the amount"),
                format!("بیشترین مبلغ این محصول {most} است؛ مبلغ را کمتر کنید"),
                format!("أكبر مبلغ لهذا المنتج {most}؛ خفّض المبلغ"),
            );
            answer.refuse_field("amount", "above-maximum", message);
        }
    }

    fn term(&self, answer: &mut Answer<'_, '_>) {
        let Some(months) = self.row.integer("term_months") else {
            return;
        };
        let (least, most) = (self.product.min_term, self.product.max_term);
        let is_short = least.is_some_and(|least| months < least);
        let is_long = most.is_some_and(|most| months > most);
        if is_short || is_long {
            let language = self.bank.language;
            let (least, most) = (
                least.unwrap_or(1),
                most.unwrap_or(i64::from(crate::schedule::LONGEST)),
            );
            let message = language.pick(
                format!("the product has terms of {least} to {most} months; choose one of them"),
                format!("مدت این محصول {least} تا {most} ماه است؛ مدتی در این بازه برگزینید"),
                format!("مدة هذا المنتج من {least} إلى {most} شهرًا؛ اختر مدة بينهما"),
            );
            answer.refuse_field("term_months", "term", language.digits(&message));
        }
    }

    /// A customer is old enough on the day of the application, and not too old when the last instalment is due.
    fn age(&self, answer: &mut Answer<'_, '_>) {
        if self.product.min_age.is_none() && self.product.max_age.is_none() {
            return;
        }
        let row = self.row;
        let born = lookup::of("contact", row.text("applicant"), &["birth_date"], |row| {
            row.date("birth_date")
        });
        let Some(born) = born.flatten() else {
            if row.changed("step") && row.old().text("step").is_some() {
                answer.refuse_field(
                    "applicant",
                    "birth-date",
                    self.say(
                        "the product has limits of age, and the applicant's birth date is not known; write it into the contact",
                        "محصول شرط سن دارد و تاریخ تولد متقاضی نوشته نشده است؛ آن را در پرونده او بنویسید",
                        "للمنتج شرط عمر وتاريخ ميلاد مقدم الطلب غير معروف؛ اكتبه في ملفه",
                    ),
                );
            }
            return;
        };
        let begins = row.date("requested_on").unwrap_or_else(|| row.today());
        let months = row.integer("term_months").unwrap_or(0).clamp(0, 600);
        let months = u32::try_from(months).unwrap_or(0);
        let ends = days::months_later(begins, months, self.bank.calendar);
        let is_young = self
            .product
            .min_age
            .is_some_and(|least| days::years(born, begins) < least);
        let is_old = self
            .product
            .max_age
            .is_some_and(|most| days::years(born, ends) > most);
        if is_young {
            answer.refuse_field(
                "applicant",
                "too-young",
                self.say(
                    "the applicant is younger than the product allows",
                    "سن متقاضی از کمترین سن این محصول کمتر است",
                    "عمر مقدم الطلب أقل مما يسمح به المنتج",
                ),
            );
        }
        if is_old {
            answer.refuse_field(
                "term_months",
                "too-old",
                self.say(
                    "at the end of this term the applicant is older than the product allows; shorten the term",
                    "متقاضی در پایان این مدت از بیشترین سن محصول می‌گذرد؛ مدت را کوتاه کنید",
                    "يتجاوز مقدم الطلب في نهاية المدة أعلى عمر للمنتج؛ قصّر المدة",
                ),
            );
        }
    }

    fn income(&self, answer: &mut Answer<'_, '_>) {
        let row = self.row;
        if row.text("kind") != Some("loan") {
            return;
        }
        let Some(amount) = row.money("amount") else {
            return;
        };
        let months = row.integer("term_months");
        let Some(terms) = terms(Some(amount), months, self.rate, self.method) else {
            return;
        };
        let Some(all) = terms.instalments() else {
            return answer.refuse_field(
                "term_months",
                "no-instalments",
                self.say(
                    "these terms give no instalments that pay the loan back; change amount or term",
                    "با این شرایط قسطی که وام را بازگرداند به دست نمی‌آید؛ مبلغ یا مدت را تغییر دهید",
                    "لا تعطي هذه الشروط أقساطًا تسدد القرض؛ غيّر المبلغ أو المدة",
                ),
            );
        };
        let first = all.first().map_or(0, crate::schedule::Instalment::amount);
        let share = share(row, first, &amount);
        let Some((share, most)) = share.zip(self.product.max_share) else {
            return;
        };
        if share > most.billionths() {
            let share = Decimal::from_billionths(share);
            let language = self.bank.language;
            let message = language.pick(
                format!("instalments would take {share} % of the income, and the product allows {most} %; lower the amount or lengthen the term"),
                format!("اقساط {share} درصد درآمد می‌شود و این محصول تا {most} درصد می‌پذیرد؛ مبلغ را کمتر یا مدت را بیشتر کنید"),
                format!("تأخذ الأقساط {share}٪ من الدخل ويسمح المنتج بـ {most}٪؛ خفّض المبلغ أو أطل المدة"),
            );
            answer.refuse_field("income", "share-of-income", language.digits(&message));
        }
    }

    /// What was agreed stays.
    fn agreed(&self, answer: &mut Answer<'_, '_>) {
        let row = self.row;
        if !row
            .old()
            .text("step")
            .is_some_and(|step| AGREED.contains(&step))
        {
            return;
        }
        for field in ["product", "amount", "term_months", "first_due_on"] {
            if row.changed(field) {
                answer.refuse_field(
                    field,
                    "agreed",
                    self.say(
                        "it is part of the agreement; withdraw this application and make another",
                        "بخشی از قرارداد است؛ از این درخواست انصراف دهید و درخواست دیگری بسازید",
                        "إنه جزء من العقد؛ اسحب هذا الطلب وأنشئ غيره",
                    ),
                );
            }
        }
    }

    /// What must be there before somebody decides.
    fn decision(&self, answer: &mut Answer<'_, '_>) {
        let row = self.row;
        let is_deciding = row
            .text("step")
            .is_some_and(|step| DECIDING.contains(&step));
        if !is_deciding || row.text("kind") != Some("loan") {
            return;
        }
        let kyc = lookup::of("contact", row.text("applicant"), &["bank_kyc"], |row| {
            row.text("bank_kyc").map(str::to_owned)
        });
        if kyc.flatten().as_deref() != Some("full") {
            answer.refuse_field(
                "applicant",
                "kyc",
                self.say(
                    "the customer is not fully identified; complete the identification first",
                    "شناسایی مشتری کامل نیست؛ نخست شناسایی کامل را انجام دهید",
                    "لم يكتمل التحقق من العميل؛ أكمله أولًا",
                ),
            );
        }
        let (Some(amount), Some(id)) = (row.money("amount"), row.text("id")) else {
            return;
        };
        let needed = u64::try_from(self.product.guarantors_for(&amount)).unwrap_or(0);
        if needed == 0 {
            return;
        }
        let filter = format!("and(application[eq]:{id},kind[eq]:guarantor)");
        let found = records::count("bank_guarantee", &filter).unwrap_or(0);
        if found < needed {
            let language = self.bank.language;
            let message = language.pick(
                format!("this amount needs {needed} guarantors and has {found}; add them under guarantees"),
                format!("این مبلغ {needed} ضامن می‌خواهد و {found} ضامن دارد؛ آن‌ها را در تضمین‌ها بیفزایید"),
                format!("يحتاج هذا المبلغ إلى {needed} كفلاء وله {found}؛ أضفهم إلى الضمانات"),
            );
            answer.refuse_field("amount", "guarantors", language.digits(&message));
        }
    }
}
