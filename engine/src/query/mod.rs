//! Which records, in which order, and what do they add up to?
//!
//! In reading order: `filter` is the tree of conditions, `text` and `json` its two written forms; `target` says what a
//! name stands for, `relation` follows one over references, `operand` reads what it is compared with,
//! `membership` whether it is in a segment, `compile` joins them
//! into a test of one record, where `period` says which days `this-month` are and `below` what stands under a record;
//! `order` and `cursor` are about sorting and paging; `plan` chooses the way through the store: `index_part`, `several` and `turned`
//! say which entries a condition asks for, `count` how many there are and `worth` how many to count; `walk` is the way in the order asked for; `scan` walks it, a
//! `candidate` is what it brings, `explained` tells it, and `missing_index` what would have made it shorter; `page` and
//! `aggregate` answer. `reader` is the snapshot that all of them read, with `last_referring` for what names a record;
//! `kept_totals` gives records their totals, and `seen_totals` makes those of who sees a part. Of totals, `measure` is what is asked, `group` and `bucket` are what groups are made by, `total` adds up,
//! `base_amount` changes currencies, `live_total` is what each commit keeps and `live_answer` what is read from that;
//! `exact` is the filters that a kept total may have.

mod aggregate;
mod base_amount;
mod below;
mod bucket;
mod candidate;
mod compile;
mod count;
mod cursor;
mod error;
mod exact;
mod explained;
mod filter;
mod fiscal;
mod group;
mod index_part;
mod json;
mod kept_totals;
mod last_referring;
mod live_answer;
mod live_total;
mod measure;
mod membership;
mod missing_index;
mod operand;
mod order;
mod page;
mod period;
mod plan;
mod reader;
mod relation;
mod scan;
mod seen_totals;
mod several;
mod target;
mod text;
mod total;
mod turned;
mod walk;
mod when;
mod worth;

#[cfg(test)]
mod tests;

pub use aggregate::{Aggregate, GroupRow};
pub use explained::{ConsideredWay, Explained};
pub use filter::{Condition, Filter, Operator};
pub use fiscal::{FiscalYear, NotAFiscalYear};
pub use measure::Measure;
pub use order::SortKey;
pub use page::{Page, Query};

pub(crate) use aggregate::{BUDGET as AGGREGATE_BUDGET, aggregate, check as check_aggregate};
pub(crate) use base_amount::{base_currency, setting as base_currency_setting};
pub(crate) use bucket::{Periods, split as split_key};
pub(crate) use candidate::Look;
pub(crate) use compile::Compiled;
pub(crate) use exact::ExactFilter;
pub(crate) use fiscal::{fiscal_year, setting as fiscal_year_setting};
pub(crate) use last_referring::{Link, Patience};
pub(crate) use live_total::BoundTotal;
pub(crate) use page::{check, count, each_match, explain, run, run_among};
#[cfg(feature = "wasm")]
pub(crate) use page::{count_within, run_within};
pub(crate) use period::is_relative;
pub(crate) use plan::live_records;
pub(crate) use reader::{Reader, decode, decode_whole};
pub(crate) use relation::fields_named;
pub(crate) use when::{Asker, QueryTime};
