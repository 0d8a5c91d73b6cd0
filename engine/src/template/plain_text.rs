//! How does formatted text read without its format?
//!
//! For mail programs that show none, and for whoever has a page read to him. It need not be beautiful: words in order,
//! lines where blocks end, and the address of a link after its words.

/// What stands in these is not read.
const UNREAD: [&str; 4] = ["head", "style", "script", "title"];
/// A line ends where one of these begins or ends.
const BLOCKS: [&str; 20] = [
    "p",
    "div",
    "br",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "header",
    "footer",
    "blockquote",
    "hr",
    "body",
];

/// The words of an HTML text, a line for each block. What the page sets apart by direction (`bdi`) stays apart, by the
/// isolating characters.
#[must_use]
pub fn plain_text(html: &str) -> String {
    let mut plain = Plain::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        plain.text(text);
        if let Some(comment) = tag.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        // A sign that begins no tag is one.
        if !tag
            .chars()
            .nth(1)
            .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'))
        {
            plain.text("<");
            rest = tag.get(1..).unwrap_or_default();
            continue;
        }
        let Some((inside, after)) = tag.split_once('>') else {
            rest = "";
            break;
        };
        plain.tag(inside.trim_start_matches('<'));
        rest = after;
    }
    plain.text(rest);
    plain.done()
}

#[derive(Default)]
struct Plain {
    lines: Vec<String>,
    line: String,
    /// Which of the unread elements it is in.
    unread: Option<String>,
    /// Where the link leads that it is in.
    link: Option<String>,
}

impl Plain {
    fn text(&mut self, text: &str) {
        if self.unread.is_some() {
            return;
        }
        let text = entities(text);
        if text.starts_with(char::is_whitespace) {
            self.gap();
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        self.line.push_str(&words.join(" "));
        if text.ends_with(char::is_whitespace) {
            self.gap();
        }
    }

    fn gap(&mut self) {
        if !self.line.is_empty() && !self.line.ends_with(' ') {
            self.line.push(' ');
        }
    }

    fn tag(&mut self, tag: &str) {
        let (ends, tag) = match tag.strip_prefix('/') {
            Some(tag) => (true, tag),
            None => (false, tag),
        };
        let name_end = tag.find(|c: char| !c.is_ascii_alphanumeric());
        let (name, attributes) = tag.split_at(name_end.unwrap_or(tag.len()));
        let name = name.to_ascii_lowercase();
        if let Some(unread) = &self.unread {
            if ends && *unread == name {
                self.unread = None;
            }
        } else if UNREAD.contains(&name.as_str()) {
            self.unread = (!ends && !attributes.ends_with('/')).then_some(name);
        } else if BLOCKS.contains(&name.as_str()) {
            self.end_line();
        } else if matches!(name.as_str(), "td" | "th") {
            self.gap();
        } else if name == "bdi" {
            self.line.push(if ends { '\u{2069}' } else { '\u{2068}' });
        } else if name == "a" && !ends {
            self.link = href(attributes);
        } else if name == "a"
            && let Some(link) = self.link.take()
            && !self.line.trim_end().ends_with(&link)
        {
            self.gap();
            self.line.push_str(&format!("({link})"));
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        if !line.is_empty() {
            self.lines.push(line.to_owned());
        }
    }

    fn done(mut self) -> String {
        self.end_line();
        self.lines.join("\n")
    }
}

/// Where a link leads, if it leads out of the page.
fn href(attributes: &str) -> Option<String> {
    let lower = attributes.to_ascii_lowercase();
    let after = attributes.get(lower.find("href=")? + "href=".len()..)?;
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
    let link = match quote {
        Some(quote) => after.get(1..)?.split(quote).next()?,
        None => after.split_whitespace().next()?,
    };
    let link = entities(link);
    let leads_out = ["http://", "https://", "mailto:", "tel:"];
    leads_out
        .iter()
        .any(|begin| link.starts_with(begin))
        .then_some(link)
}

fn entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        plain.push_str(before);
        let end = entity
            .char_indices()
            .take(12)
            .find(|(_, c)| *c == ';')
            .map(|(at, _)| at);
        let sign = end.and_then(|end| Some((sign(entity.get(1..end)?)?, end)));
        match sign {
            Some((sign, end)) => {
                plain.push(sign);
                rest = entity.get(end + 1..).unwrap_or_default();
            }
            None => {
                plain.push('&');
                rest = entity.get(1..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn sign(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "zwnj" => '\u{200c}',
        "shy" => '\u{ad}',
        "ndash" => '–',
        "mdash" => '—',
        "laquo" => '«',
        "raquo" => '»',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control())?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_in_order_and_blocks_are_lines() {
        let html = "<!doctype html><html><head><title>x</title><style>p{}</style></head><body dir=rtl><h1>پیشنهاد</h1>\n<p>خانم <b>رضایی</b>،<br>مبلغ&nbsp;۱۲ &lt; ۱۳ &amp; می&zwnj;شود &#1576;.</p><table><tr><td>ورق</td><td><bdi>ST-37</bdi></td></tr></table><!-- > --><a href='https://bimeh.example/?a=1&amp;b=2'>ببینید</a></body>";
        let wanted = "پیشنهاد\nخانم رضایی،\nمبلغ ۱۲ < ۱۳ & می\u{200c}شود ب.\nورق \u{2068}ST-37\u{2069}\nببینید (https://bimeh.example/?a=1&b=2)";
        assert_eq!(plain_text(html), wanted);
    }

    #[test]
    fn what_is_no_html_is_read_as_far_as_it_goes() {
        for (html, wanted) in [
            ("", ""),
            ("سلام", "سلام"),
            ("۱ < ۲", "۱ < ۲"),
            ("a<", "a<"),
            ("a<b", "a"),
            ("<script>x", ""),
            ("<!-- x", ""),
            ("&;&#xd800;&#0;&unknown;", "&;&#xd800;&#0;&unknown;"),
            ("<a href=\"javascript:x\">y</a>", "y"),
            ("<a href=\"مİ\" HREF=x>y</a>", "y"),
        ] {
            assert_eq!(plain_text(html), wanted, "{html}");
        }
    }
}
