//! Which records are worth a look?
//!
//! A list of postings can be as long as there are records: a million are called «محمد». Each way through them is
//! bounded. Of one word the postings come by rank, so that the best are read first and the rest never; of several words
//! the shortest list leads. What the bounds cut off is said: the answer is not complete then.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::asked::Term;
use super::words::{ONLY_WORD, is_found_by_index};
use crate::error::Result;
use crate::query::Reader;
use crate::record::Value;
use crate::schema::Object;
use crate::store::{Direction, Span, spaces};

/// How many postings of each word are read at first; where that is worth it, up to eight times as many, and so on.
const FIRST_LISTED: usize = 512;

/// How many postings of one word are read at most.
const MOST_LISTED: usize = 32_768;

/// How many postings are read in the time of looking at one record.
const POSTINGS_PER_LOOK: usize = 32;

/// How many different words are read that begin with what was typed, where they have more postings than are listed.
const MOST_WORDS: usize = 200;

/// Postings read at a time.
const PAGE: usize = 512;

/// The postings of one object, as far as who reads sees its fields.
pub(super) struct Postings<'a> {
    pub(super) reader: &'a Reader,
    pub(super) object: &'a Object,
    fields: BTreeSet<u32>,
    /// Fields whose own index is read instead of postings, with their ranks.
    by_index: Vec<(u32, u8)>,
}

/// Records to be looked at, the most promising first.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub(super) ids: Vec<u128>,
    /// Whether every record that fits is among them.
    pub(super) complete: bool,
}

/// The records of one word, as far as they were read.
struct Listed {
    /// The record and its rank; settled, each record once with its best one, by record.
    ranks: Vec<(u128, u8)>,
    /// What was not read yet; of a field's own index the rank of each entry.
    rest: VecDeque<(Span, Option<u8>)>,
    read: usize,
}

/// A record's rank and number, the best last.
type Standing = (u8, u128);

impl<'a> Postings<'a> {
    /// None where who reads sees no searchable field.
    pub(super) fn of(reader: &'a Reader, object: &'a Object) -> Option<Self> {
        let fields = object.live_fields().filter(|field| field.is_searchable());
        let fields: BTreeSet<u32> = fields.map(|field| field.number).collect();
        let by_index = object
            .live_fields()
            .filter(|field| is_found_by_index(field));
        let by_index = by_index.map(|field| (field.number, field.searchable | ONLY_WORD));
        (!fields.is_empty()).then_some(Self {
            reader,
            object,
            by_index: by_index.collect(),
            fields,
        })
    }

    /// The records with all words; where there are none, nothing is said of those with some of them.
    pub(super) fn with_all(&self, terms: &[Term]) -> Result<Candidates> {
        let mut lists: Vec<Listed> = terms.iter().map(|term| self.begin(term)).collect();
        let mut most = FIRST_LISTED;
        loop {
            for list in &mut lists {
                self.go_on(list, most)?;
                if list.is_complete() && list.ranks.is_empty() {
                    return Ok(Candidates {
                        ids: Vec::new(),
                        complete: true,
                    });
                }
            }
            // The records of a complete list are looked at, unless another one says sooner that they lack a word.
            let complete = lists.iter().filter(|list| list.is_complete());
            let looks = complete.map(|list| list.ranks.len()).min();
            let is_worth_it = |looks: usize| most * 8 <= looks.saturating_mul(POSTINGS_PER_LOOK);
            if most >= MOST_LISTED
                || lists.iter().all(Listed::is_complete)
                || !looks.is_none_or(is_worth_it)
            {
                return Ok(in_all(lists));
            }
            most *= 8;
        }
    }

    /// The records with some of the words, those with the most of them first.
    pub(super) fn with_some(&self, terms: &[Term]) -> Result<Candidates> {
        let mut counted: BTreeMap<u128, (usize, u8)> = BTreeMap::new();
        let mut complete = true;
        for term in terms {
            let listed = self.list(term, FIRST_LISTED)?;
            complete &= listed.is_complete();
            for (id, rank) in listed.ranks {
                let (count, best) = counted.entry(id).or_default();
                *count += 1;
                *best = rank.max(*best);
            }
        }
        let mut counted: Vec<_> = counted.into_iter().collect();
        counted.sort_unstable_by_key(|(id, (count, rank))| Reverse((*count, *rank, *id)));
        let ids = counted.into_iter().map(|(id, _)| id).collect();
        Ok(Candidates { ids, complete })
    }

    /// The records whose words begin with this, if they are few.
    pub(super) fn all_of(&self, term: &Term) -> Result<Option<Candidates>> {
        let listed = self.list(term, FIRST_LISTED)?;
        Ok(listed.is_complete().then(|| Candidates {
            ids: best_first(
                listed
                    .ranks
                    .into_iter()
                    .map(|(id, rank)| (rank, id))
                    .collect(),
            ),
            complete: true,
        }))
    }

    /// The postings of a word, those of which it is all that the field says or the others, by rank.
    pub(super) fn ranked(&self, word: &str, only: bool) -> Ranked<'_> {
        let mut span = self.of_word(word);
        let border = [span.start.as_slice(), &[ONLY_WORD]].concat();
        match only {
            true => span.start = border,
            false => span.end = border,
        }
        Ranked {
            postings: self,
            span,
            read: 0,
        }
    }

    /// The best records of each longer word that begins with this one.
    pub(super) fn of_longer_words(&self, beginning: &Term, most: usize) -> Result<Candidates> {
        let mut standings: Vec<Standing> = Vec::new();
        let mut complete = true;
        let everything = self.reader.sees_every(self.object);
        let all = Span::prefix(&spaces::postings_under(self.object.number, &beginning.text));
        let mut at = self.behind(&beginning.text, &all);
        for words in 0.. {
            let next = self.reader.snapshot.list(&at, Direction::Forward, 1)?;
            let Some(word) = next.last_key().and_then(spaces::posted_word) else {
                break;
            };
            if words == MOST_WORDS {
                complete = false;
                break;
            }
            for only in [true, false] {
                let mut ranked = self.ranked(&word, only);
                let page = ranked.next(most)?;
                standings.extend(page.into_iter().map(|(rank, id)| (rank & !ONLY_WORD, id)));
                // Of what everybody sees the best are enough.
                complete &= everything || ranked.is_at_end();
            }
            at = self.behind(&word, &all);
        }
        for (field, rank) in &self.by_index {
            let span = self.index_under(*field, beginning);
            let page = self.reader.snapshot.list(&span, Direction::Forward, most)?;
            let ids = page.iter().filter_map(|(key, _)| spaces::id_at_end(key));
            standings.extend(ids.map(|id| (rank & !ONLY_WORD, id)));
            // They come by their letters, and the newest may be the last.
            complete &= page.len() < most;
        }
        let ids = best_first(standings);
        Ok(Candidates { ids, complete })
    }

    /// What of a span lies behind all postings of a word.
    fn behind(&self, word: &str, of: &Span) -> Span {
        Span {
            start: self.of_word(word).end,
            end: of.end.clone(),
        }
    }

    fn list(&self, term: &Term, most: usize) -> Result<Listed> {
        let mut listed = self.begin(term);
        self.go_on(&mut listed, most)?;
        Ok(listed)
    }

    fn begin(&self, term: &Term) -> Listed {
        let span = match term.is_whole() {
            true => self.of_word(&term.text),
            false => Span::prefix(&spaces::postings_under(self.object.number, &term.text)),
        };
        let by_index = self.by_index.iter();
        let by_index = by_index.map(|(field, rank)| (self.index_under(*field, term), Some(*rank)));
        Listed {
            ranks: Vec::new(),
            rest: std::iter::once((span, None)).chain(by_index).collect(),
            read: 0,
        }
    }

    /// Reads on until there are `most`, or a few more.
    fn go_on(&self, listed: &mut Listed, most: usize) -> Result<()> {
        while listed.read < most
            && let Some((span, rank)) = listed.rest.pop_front()
        {
            let page = self.reader.snapshot.list(&span, Direction::Forward, PAGE)?;
            let ranks = page.iter().filter_map(|(key, _)| match rank {
                Some(rank) => Some((spaces::id_at_end(key)?, rank)),
                None => {
                    let posted = spaces::posted(key)?;
                    let is_seen = self.fields.contains(&posted.field);
                    is_seen.then_some((posted.id, posted.rank))
                }
            });
            listed.ranks.extend(ranks);
            listed.read += page.len();
            if let Some(last) = page.last_key()
                && page.len() == PAGE
            {
                let span = span.beyond(last, Direction::Forward);
                listed.rest.push_front((span, rank));
            }
        }
        listed.settle();
        Ok(())
    }

    /// Where in the index of a field the values lie that begin with a word.
    fn index_under(&self, field: u32, term: &Term) -> Span {
        let text = Value::Text(term.text.as_str().into());
        let mut key = spaces::of_field(spaces::INDEX, self.object.number, field);
        spaces::push_indexed(&mut key, Some(&text));
        if !term.is_whole() {
            key.truncate(key.len() - spaces::TEXT_END);
        }
        Span::prefix(&key)
    }

    /// All postings of one word.
    fn of_word(&self, word: &str) -> Span {
        let mut key = spaces::posting(self.object.number, word, 0, 0, 0);
        key.truncate(key.len() - spaces::POSTED);
        Span::prefix(&key)
    }
}

/// The postings of one word by rank, and of one rank the newest record first.
pub(super) struct Ranked<'a> {
    postings: &'a Postings<'a>,
    span: Span,
    /// How many were read, also of fields that who reads does not see.
    read: usize,
}

impl Ranked<'_> {
    pub(super) fn is_at_end(&self) -> bool {
        self.span.is_empty()
    }

    /// Whether as many were read as may be.
    pub(super) fn is_spent(&self) -> bool {
        self.read >= MOST_LISTED
    }

    /// The next ones, about so many: fewer than asked for is not the end.
    pub(super) fn next(&mut self, most: usize) -> Result<Vec<Standing>> {
        // Where much was read and more is wanted, most of it is hidden or fits nothing.
        let most = match self.read < PAGE {
            true => most,
            false => most.max(PAGE),
        };
        let snapshot = &self.postings.reader.snapshot;
        let page = snapshot.list(&self.span, Direction::Backward, most)?;
        self.read += page.len();
        match page.last_key() {
            Some(last) if page.len() == most => {
                self.span = self.span.clone().beyond(last, Direction::Backward);
            }
            _ => self.span.end.clone_from(&self.span.start),
        }
        let posted = page.iter().filter_map(|(key, _)| spaces::posted(key));
        let seen = posted.filter(|posted| self.postings.fields.contains(&posted.field));
        Ok(seen.map(|posted| (posted.rank, posted.id)).collect())
    }
}

impl Listed {
    fn is_complete(&self) -> bool {
        self.rest.is_empty()
    }

    fn settle(&mut self) {
        self.ranks
            .sort_unstable_by_key(|(id, rank)| (*id, Reverse(*rank)));
        self.ranks.dedup_by_key(|(id, _)| *id);
    }

    fn has(&self, id: u128) -> bool {
        let found = self.ranks.binary_search_by_key(&id, |(known, _)| *known);
        found.is_ok()
    }
}

/// The records that are in all lists, where those are complete; where none is, those in the most of them first.
fn in_all(lists: Vec<Listed>) -> Candidates {
    let complete = lists.iter().any(Listed::is_complete);
    let mut standings: Vec<(usize, u8, u128)> = Vec::new();
    let by_length = |list: &&Listed| (!list.is_complete(), list.ranks.len());
    let Some(leading) = lists.iter().min_by_key(by_length) else {
        return Candidates::default();
    };
    for (id, rank) in &leading.ranks {
        let missing = |list: &&Listed| !list.has(*id);
        if lists
            .iter()
            .any(|list| list.is_complete() && missing(&list))
        {
            continue;
        }
        let there = lists.iter().filter(|list| !missing(list)).count();
        standings.push((there, *rank, *id));
    }
    standings.sort_unstable_by_key(|standing| Reverse(*standing));
    let ids = standings.into_iter().map(|(.., id)| id).collect();
    Candidates { ids, complete }
}

/// The records, each once, by its best rank and then the newest first.
fn best_first(mut standings: Vec<Standing>) -> Vec<u128> {
    standings.sort_unstable_by_key(|standing| Reverse(*standing));
    let mut known = BTreeSet::new();
    let ids = standings.into_iter().map(|(_, id)| id);
    ids.filter(|id| known.insert(*id)).collect()
}
