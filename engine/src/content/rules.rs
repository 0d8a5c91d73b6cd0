//! Which files may be stored?

/// What a file must be like to be taken. The settings of whoever opens the store, not part of it: a file that was taken
/// under other rules stays.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "give it to `EngineBuilder::content`"]
pub struct ContentRules {
    pub(super) largest: u64,
    pub(super) allowed: Vec<String>,
    pub(super) forbidden: Vec<String>,
}

/// 256 MiB at most, of any type but programs.
impl Default for ContentRules {
    fn default() -> Self {
        let programs = ["application/x-msdownload", "application/x-executable"];
        Self {
            largest: 256 << 20,
            allowed: Vec::new(),
            forbidden: programs.map(str::to_owned).into(),
        }
    }
}

impl ContentRules {
    /// Files of at most so many bytes.
    pub fn largest(mut self, bytes: u64) -> Self {
        self.largest = bytes;
        self
    }

    /// Only files of these media types: `application/pdf`, `image/*`. All when empty.
    pub fn allow<'a>(mut self, types: impl IntoIterator<Item = &'a str>) -> Self {
        self.allowed = types.into_iter().map(str::to_ascii_lowercase).collect();
        self
    }

    /// No files of these media types, instead of the programs that are forbidden by default. What a file is by its own
    /// bytes counts too: a program does not get in under the name of a picture.
    pub fn forbid<'a>(mut self, types: impl IntoIterator<Item = &'a str>) -> Self {
        self.forbidden = types.into_iter().map(str::to_ascii_lowercase).collect();
        self
    }

    /// Whether a file may be stored that is of one type by its bytes and is called another.
    pub(super) fn takes(&self, found: &str, called: &str) -> bool {
        let is_one = |types: &[String], of: &str| types.iter().any(|pattern| fits(pattern, of));
        let allowed = self.allowed.is_empty() || is_one(&self.allowed, called);
        allowed && ![found, called].iter().any(|of| is_one(&self.forbidden, of))
    }
}

fn fits(pattern: &str, media_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => media_type.starts_with(begin),
        None => pattern == media_type,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_taken_when_it_is_allowed_and_not_forbidden() {
        let rules = ContentRules::default();
        assert!(rules.takes("application/pdf", "application/pdf"));
        assert!(!rules.takes("application/x-msdownload", "application/octet-stream"));
        let rules = rules
            .allow(["image/*", "text/csv"])
            .forbid(["image/svg+xml"]);
        assert!(rules.takes("image/png", "image/png"));
        assert!(rules.takes("text/plain", "text/csv"));
        assert!(!rules.takes("text/plain", "text/plain"));
        assert!(!rules.takes("image/svg+xml", "image/svg+xml"));
    }
}
