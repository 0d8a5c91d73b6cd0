//! What do a job title and an e-mail address say of a lead?

/// Whether a job title in English, Persian or Arabic is of somebody who decides.
pub(crate) fn decides(title: &str) -> bool {
    let folded: String = title
        .chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            // The same letters are typed with the keyboards of both languages.
            'ي' | 'ى' | 'ئ' => Some('ی'),
            'ك' => Some('ک'),
            'ؤ' => Some('و'),
            '\u{64b}'..='\u{652}' | '\u{640}' => None,
            c => Some(c),
        })
        .collect();
    folded.split(|c: char| !c.is_alphanumeric()).any(|word| {
        matches!(
            word,
            "ceo"
                | "cto"
                | "cfo"
                | "coo"
                | "cio"
                | "cmo"
                | "chief"
                | "director"
                | "head"
                | "manager"
                | "owner"
                | "founder"
                | "cofounder"
                | "president"
                | "chairman"
                | "vp"
        ) || ["مدیر", "رییس", "بنیان", "موسس", "مالک", "صاحب"]
            .iter()
            .any(|stem| word.strip_prefix("ال").unwrap_or(word).starts_with(stem))
    })
}

/// Whether an address is none of the mail services that anybody can use.
pub(crate) fn is_work_address(email: &str) -> bool {
    let Some((_, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let domain = domain.trim().to_ascii_lowercase();
    let name = domain.split('.').next().unwrap_or_default();
    domain.contains('.')
        && !matches!(
            name,
            "gmail"
                | "googlemail"
                | "yahoo"
                | "ymail"
                | "hotmail"
                | "outlook"
                | "live"
                | "msn"
                | "icloud"
                | "aol"
                | "gmx"
                | "proton"
                | "protonmail"
                | "yandex"
                | "zoho"
                | "chmail"
        )
        && domain != "mail.ru"
        && domain != "mail.com"
}
