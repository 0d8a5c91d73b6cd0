//! What does a page say without its form? For terminals, and for mail programs that show no HTML.

/// What stands in these is not for readers.
const UNSAID: [&str; 4] = ["head", "style", "script", "title"];

/// These end a line.
const BLOCKS: [&str; 17] = [
    "br", "p", "div", "tr", "table", "h1", "h2", "h3", "h4", "li", "ul", "ol", "dl", "dd",
    "header", "footer", "hr",
];

/// The text of HTML, a line for each paragraph, row or item. What the page sets apart by direction stays apart.
pub(crate) fn text(html: &str) -> String {
    let mut said = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        words(before, &mut said);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        let closes = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        rest = after;
        if !closes && UNSAID.contains(&name.as_str()) {
            rest = after_end(after, &name);
        } else if BLOCKS.contains(&name.as_str()) {
            said.push('\n');
        } else if ["td", "th", "dt"].contains(&name.as_str()) && closes {
            said.push_str("  ");
        } else if name == "bdi" {
            said.push(if closes { '\u{2069}' } else { '\u{2068}' });
        }
    }
    words(rest, &mut said);
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// What comes after the end of an element; nothing when it has none.
fn after_end<'a>(html: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    let mut places = html.char_indices().map(|(at, _)| at);
    let at = places.find(|at| html.get(*at..).is_some_and(|from| starts(from, &end)));
    at.and_then(|at| html.get(at..)?.split_once('>'))
        .map_or("", |(_, after)| after)
}

fn starts(text: &str, with: &str) -> bool {
    text.get(..with.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// Text between tags: white space is one space, and what is written as an entity is what it stands for.
fn words(html: &str, said: &mut String) {
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        let (c, length) = match c {
            '&' => entity(rest).unwrap_or(('&', 1)),
            c if c.is_whitespace() => (' ', c.len_utf8()),
            c => (c, c.len_utf8()),
        };
        if c != ' ' || !(said.is_empty() || said.ends_with([' ', '\n'])) {
            said.push(c);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// The character that an entity at the beginning of a text stands for, and how long it is written.
fn entity(text: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 10;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_line_by_line_without_its_style() {
        let page = "<!doctype html><html dir=\"rtl\"><head><title>x</title><STYLE>p > a { }</STYLE></head>\
            <body><h1>پیشنهاد\n  قیمت</h1><table><tr><td>شرح</td><td><bdi dir=\"ltr\">PN-12</bdi></td></tr></table>\
            <p>نان &amp; آب &#1777; &lt;b&gt;<br>با احترام</p></body></html>";
        assert_eq!(
            text(page),
            "پیشنهاد قیمت\nشرح  \u{2068}PN-12\u{2069}\nنان & آب ۱ <b>\nبا احترام"
        );
    }

    #[test]
    fn what_is_no_html_is_told_all_the_same() {
        for (html, plain) in [
            ("", ""),
            (
                "a & b &nonsense; &#xffffffff; &",
                "a & b &nonsense; &#xffffffff; &",
            ),
            ("<", ""),
            ("a<style>b", "a"),
            ("a <b", "a"),
            ("سلام &#", "سلام &#"),
        ] {
            assert_eq!(text(html), plain, "{html}");
        }
    }
}
