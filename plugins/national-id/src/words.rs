//! How is a person told what is wrong with an identifier and what to do?

use peyvand_plugin::Language;

use crate::Kind;
use crate::check::Wrong;

fn name(kind: Kind, language: Language) -> &'static str {
    match kind {
        Kind::PersonId => language.pick("national id", "کد ملی", "الرقم الوطني"),
        Kind::CompanyId => language.pick("company id", "شناسهٔ ملی", "معرّف الشركة"),
        Kind::EconomicCode => language.pick("economic code", "کد اقتصادی", "الرمز الاقتصادي"),
        Kind::PostalCode => language.pick("postal code", "کد پستی", "الرمز البريدي"),
        Kind::BankCard => language.pick("card number", "شمارهٔ کارت", "رقم البطاقة"),
        Kind::Sheba => language.pick("Sheba number", "شمارهٔ شبا", "رقم شبا"),
        Kind::ForeignId => language.pick("foreign national's id", "کد فراگیر", "رقم الأجنبي"),
    }
}

fn lengths(kind: Kind, language: Language) -> &'static str {
    match kind {
        Kind::PersonId | Kind::PostalCode => "10",
        Kind::CompanyId => "11",
        Kind::EconomicCode => language.pick("11, 12 or 14", "۱۱، ۱۲ یا ۱۴", "11 أو 12 أو 14"),
        Kind::BankCard => "16",
        Kind::Sheba => language.pick("24 after IR,", "۲۴ (پس از IR)", "24 (بعد IR)"),
        Kind::ForeignId => "12",
    }
}

/// What is wrong and what to do.
pub(crate) fn message(kind: Kind, wrong: Wrong, language: Language) -> String {
    let name = name(kind, language);
    let text = match wrong {
        Wrong::NotDigits => language.pick(
            format!("this {name} has something other than digits; remove it"),
            format!("در این {name} چیزی جز رقم هست؛ آن را بردارید"),
            format!("في {name} ما ليس رقمًا؛ احذفه"),
        ),
        Wrong::Length(digits) => {
            let lengths = lengths(kind, language);
            language.pick(
                format!(
                    "a {name} has {lengths} digits and this has {digits}; type it again from the document"
                ),
                format!(
                    "{name} باید {lengths} رقم باشد و این {digits} رقم است؛ از روی مدرک دوباره وارد کنید"
                ),
                format!(
                    "عدد أرقام {name} يجب أن يكون {lengths} وهو هنا {digits}؛ أعد كتابته من الوثيقة"
                ),
            )
        }
        Wrong::SameDigits => language.pick(
            format!(
                "all digits of this {name} are the same, and none like it is issued; type the real one or leave it empty"
            ),
            format!(
                "همهٔ رقم‌های این {name} یکسان است و چنین شماره‌ای صادر نمی‌شود؛ شمارهٔ واقعی را وارد کنید یا خالی بگذارید"
            ),
            format!("كل أرقام {name} متساوية ولا يصدر رقم كهذا؛ اكتب الرقم الحقيقي أو اتركه فارغًا"),
        ),
        Wrong::CheckDigit => language.pick(
            format!(
                "the check digit of this {name} does not fit, so at least one digit is wrong; compare it with the document"
            ),
            format!(
                "رقم کنترل این {name} جور نیست، پس دست‌کم یک رقم آن اشتباه است؛ با مدرک مقایسه کنید"
            ),
            format!(
                "رقم التحقق في {name} لا يطابق، فهناك رقم خاطئ على الأقل؛ قارنه بالوثيقة"
            ),
        ),
        Wrong::PostalPattern => language.pick(
            "this postal code has a digit where it is not in use (0 or 2 in the first five, 5 as the fifth, another 2, or four equal ones at the start); ask for it again".to_owned(),
            "این کد پستی رقمی دارد که در آن جا به کار نمی‌رود (۰ یا ۲ در پنج رقم اول، ۵ در جای پنجم، ۲ در بقیه، یا چهار رقم اول یکسان)؛ دوباره بپرسید".to_owned(),
            "في هذا الرمز البريدي رقم في موضع لا يُستعمل فيه (0 أو 2 في الخمسة الأولى، 5 في الموضع الخامس، 2 في الباقي، أو تساوي الأربعة الأولى)؛ اسأل عنه ثانية".to_owned(),
        ),
        Wrong::Country => language.pick(
            "a Sheba number begins with IR; an account elsewhere needs another field".to_owned(),
            "شمارهٔ شبا با IR آغاز می‌شود؛ برای حساب در کشور دیگر از فیلد دیگری استفاده کنید".to_owned(),
            "رقم شبا يبدأ بـ IR؛ استعمل حقلًا آخر لحساب في بلد آخر".to_owned(),
        ),
    };
    language.digits(&text)
}
