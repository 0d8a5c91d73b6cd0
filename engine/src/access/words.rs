//! How are reasons said in three languages?

use super::role::AccessScope;
use crate::context::Locale;

/// English, Persian, Arabic.
pub(super) type Words = [&'static str; 3];

pub(super) fn said(words: Words, locale: Locale, values: &[(&str, &str)]) -> String {
    let [en, fa, ar] = words;
    let text = match locale {
        Locale::En => en,
        Locale::Fa => fa,
        Locale::Ar => ar,
    };
    let mut said = text.to_owned();
    for (name, value) in values {
        said = said.replace(&format!("{{{name}}}"), value);
    }
    said
}

pub(super) const NOT_ENFORCED: Words = [
    "access is not enforced: everybody may do everything",
    "دسترسی اعمال نمی‌شود: همه هر کاری می‌توانند",
    "لا تُفرض الصلاحيات: يجوز للجميع كل شيء",
];
pub(super) const UNKNOWN: Words = [
    "there is no such user",
    "چنین کاربری نیست",
    "لا يوجد مستخدم كهذا",
];
pub(super) const INACTIVE: Words = ["{user} is not active", "{user} فعال نیست", "{user} غير نشط"];
pub(super) const NO_ROLE: Words = ["{user} has no role", "{user} نقشی ندارد", "{user} بلا دور"];
pub(super) const KEY: Words = [
    "the key by which {user} acts does not open it",
    "کلیدی که {user} با آن کار می‌کند آن را باز نمی‌کند",
    "المفتاح الذي يعمل به {user} لا يفتحه",
];
pub(super) const REACHES: Words = [
    "the role {role} gives {verb} on {object}: {scope}",
    "نقش {role} برای {object} اجازه {verb} می‌دهد: {scope}",
    "الدور {role} يمنح {verb} على {object}: {scope}",
];
pub(super) const BEYOND: Words = [
    "the role {role} gives {verb} on {object} no further than: {scope}",
    "نقش {role} برای {object} اجازه {verb} را بیش از این نمی‌دهد: {scope}",
    "الدور {role} لا يمنح {verb} على {object} أبعد من: {scope}",
];
pub(super) const OWN: Words = [
    "it is {user}'s own",
    "از آنِ خود {user} است",
    "إنه ملك {user}",
];
pub(super) const DEPUTY: Words = [
    "it is {other}'s, whose deputy {user} is now",
    "از آنِ {other} است که {user} اکنون جانشین اوست",
    "إنه ملك {other} الذي ينوب عنه {user} الآن",
];
pub(super) const OWNER: Words = [
    "it is {other}'s, whom the scope of {role} reaches",
    "از آنِ {other} است که در دامنه نقش {role} است",
    "إنه ملك {other} الذي يشمله نطاق الدور {role}",
];
pub(super) const TERRITORY: Words = [
    "it lies in {other}, which is {user}'s territory or below it",
    "در {other} است که منطقه {user} یا زیر آن است",
    "يقع في {other} وهي منطقة {user} أو تحتها",
];
pub(super) const NOBODYS: Words = [
    "it belongs to nobody, and the role {role} reaches the object",
    "از آنِ کسی نیست و نقش {role} به این شیء می‌رسد",
    "ليس ملكًا لأحد، والدور {role} يشمل الكائن",
];
pub(super) const SHARED: Words = [
    "it is shared with {user}, his team or his role",
    "با {user}، تیم یا نقش او به اشتراک گذاشته شده است",
    "تمت مشاركته مع {user} أو فريقه أو دوره",
];
pub(super) const ALONG: Words = [
    "it goes with {other}, which {user} sees",
    "همراه {other} است که {user} آن را می‌بیند",
    "يتبع {other} الذي يراه {user}",
];
pub(super) const NOT_ALONG: Words = [
    "it goes with {other}, which {user} does not see, or may not do this with",
    "همراه {other} است که {user} آن را نمی‌بیند یا اجازه این کار را بر آن ندارد",
    "يتبع {other} الذي لا يراه {user} أو لا يجوز له ذلك عليه",
];
pub(super) const CONFIDENTIAL: Words = [
    "it, or what it is about, is confidential, and the role {role} does not see what is",
    "خودش یا آنچه درباره آن است محرمانه است و نقش {role} محرمانه‌ها را نمی‌بیند",
    "هو أو ما يخصه سري، والدور {role} لا يرى السري",
];
pub(super) const PERSONAL: Words = [
    "it is another user's alone",
    "تنها از آنِ کاربر دیگری است",
    "يخص مستخدمًا آخر وحده",
];
pub(super) const AUTHOR: Words = [
    "only its author changes it",
    "تنها نویسنده‌اش آن را تغییر می‌دهد",
    "لا يغيّره إلا كاتبه",
];
pub(super) const AUDIENCE: Words = [
    "it is declared for {user}, his team, his role or everyone",
    "برای {user}، تیم، نقش او یا همه است",
    "مخصص لـ {user} أو فريقه أو دوره أو للجميع",
];
pub(super) const NOT_AUDIENCE: Words = [
    "it is declared for somebody else, or for more than {user} may declare for",
    "برای کس دیگری است، یا برای بیش از آن که {user} می‌تواند",
    "مخصص لغيره، أو لأكثر مما يجوز لـ {user}",
];
pub(super) const ADMINISTRATORS: Words = [
    "only who administers the workspace changes it",
    "تنها مدیر سامانه آن را تغییر می‌دهد",
    "لا يغيّره إلا مدير النظام",
];
pub(super) const HIMSELF: Words = [
    "everybody sees himself",
    "هر کس خود را می‌بیند",
    "كل واحد يرى نفسه",
];
pub(super) const HIDDEN: Words = [
    "the role {role} hides fields of {object}: {fields}",
    "نقش {role} این فیلدهای {object} را پنهان می‌کند: {fields}",
    "الدور {role} يخفي حقولًا من {object}: {fields}",
];
pub(super) const ONLY_READ: Words = [
    "the role {role} lets fields of {object} be read and not changed: {fields}",
    "نقش {role} این فیلدهای {object} را تنها می‌خواند: {fields}",
    "الدور {role} يتيح قراءة حقول من {object} دون تغييرها: {fields}",
];

pub(super) const ACTIVATE: Words = ["make {user} active", "{user} را فعال کنید", "فعّل {user}"];
pub(super) const GIVE_ROLE: Words = [
    "give {user} a role",
    "به {user} نقشی بدهید",
    "امنح {user} دورًا",
];
pub(super) const WIDEN: Words = [
    "let the role {role} reach further with {verb} on {object}: {scope}",
    "دامنه {verb} نقش {role} بر {object} را گسترش دهید: {scope}",
    "وسّع نطاق {verb} للدور {role} على {object}: {scope}",
];
pub(super) const SHARE: Words = [
    "share the record with {user} for {verb}",
    "رکورد را برای {verb} با {user} به اشتراک بگذارید",
    "شارك السجل مع {user} لأجل {verb}",
];
pub(super) const LET_CONFIDENTIAL: Words = [
    "let the role {role} see what is confidential",
    "بگذارید نقش {role} محرمانه‌ها را ببیند",
    "اسمح للدور {role} برؤية السري",
];
pub(super) const LET_ALONG: Words = [
    "give {user} the right on {other}",
    "به {user} بر {other} حق بدهید",
    "امنح {user} الحق على {other}",
];
pub(super) const LET_ADMINISTER: Words = [
    "let the role {role} administer, which gives far more than this",
    "به نقش {role} اجازه مدیریت بدهید، که بسیار بیش از این است",
    "اسمح للدور {role} بالإدارة، وهذا أكثر بكثير من المطلوب",
];

pub(super) fn scope(scope: AccessScope, locale: Locale) -> String {
    let words = match scope {
        AccessScope::None => ["no record", "هیچ رکوردی", "لا سجل"],
        AccessScope::Own => ["his own records", "رکوردهای خودش", "سجلاته"],
        AccessScope::Team => ["those of his team", "رکوردهای تیمش", "سجلات فريقه"],
        AccessScope::Territory => [
            "those of his territory and below",
            "رکوردهای منطقه‌اش و زیر آن",
            "سجلات منطقته وما تحتها",
        ],
        AccessScope::All => ["every record", "همه رکوردها", "كل السجلات"],
    };
    said(words, locale, &[])
}

pub(super) fn verb(verb: super::AccessVerb, locale: Locale) -> String {
    use super::AccessVerb::{Create, Delete, Export, Read, Update};
    let words = match verb {
        Read => ["read", "خواندن", "القراءة"],
        Create => ["create", "ایجاد", "الإنشاء"],
        Update => ["update", "تغییر", "التعديل"],
        Delete => ["delete", "حذف", "الحذف"],
        Export => ["export", "برون‌بری", "التصدير"],
    };
    said(words, locale, &[])
}
