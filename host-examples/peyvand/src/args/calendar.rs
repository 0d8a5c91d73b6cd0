//! What can be asked about calendars?

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Subcommand;
use peyvand::FiscalYear;
use peyvand::calendar::Recurrence;

use crate::moment;

#[derive(Debug, Subcommand)]
pub(crate) enum CalendarAction {
    /// The business calendars
    #[command(
        after_help = "Example, and how one is made:\n  peyvand calendar list\n  peyvand create business_calendar '{\"key\": \"tehran\", \"name\": \"دفتر تهران\", \"definition\": {\"zone\": \"Asia/Tehran\", \"weeks\": [{\"open\": {\"saturday-wednesday\": \"08:00-16:00\", \"thursday\": \"08:00-12:00\"}}]}}'"
    )]
    List,
    /// A month with its hours and holidays, in three calendars side by side
    #[command(
        after_help = "Examples:\n  peyvand calendar month tehran 1405/01@persian --locale fa\n  peyvand calendar month tehran 1447/09@hijri"
    )]
    Month {
        /// The calendar's key or id
        calendar: String,
        /// Year and month, such as 2026/03 or 1405/01@persian [default: this month, by the usual calendar of the language]
        month: Option<String>,
    },
    /// Whether it is open, and when it opens next
    #[command(after_help = "Example:\n  peyvand calendar open tehran '1405/01/05@persian 09:30'")]
    Open {
        /// The calendar's key or id
        calendar: String,
        /// An instant, or a day and a time by the calendar's clock [default: now]
        at: Option<String>,
    },
    /// What is so much working time later, or earlier
    #[command(
        after_help = "Examples:\n  peyvand calendar add tehran 8h '2026-03-19 11:00'\n  peyvand calendar add tehran 3d\n  peyvand calendar add tehran -- -90m"
    )]
    Add {
        /// The calendar's key or id
        calendar: String,
        /// Working time, such as 8h, 90m, 1h30m, or working days, 3d
        #[arg(allow_hyphen_values = true)]
        time: String,
        /// An instant, or a day and a time by the calendar's clock [default: now]
        from: Option<String>,
    },
    /// How much working time lies between two moments
    #[command(
        after_help = "Example:\n  peyvand calendar between tehran '2026-03-19 11:00' '2026-03-28 09:00'"
    )]
    Between {
        /// The calendar's key or id
        calendar: String,
        from: String,
        until: String,
    },
    /// Bring in a file of holidays, such as {"2026-03-21": "Nowruz"}
    #[command(
        after_help = "Example:\n  peyvand calendar holidays IR_COMMON.json --into tehran --from 2026-01-01"
    )]
    Holidays {
        /// The file; - reads it from stdin
        file: PathBuf,
        /// The calendar's key or id
        #[arg(long, value_name = "CALENDAR")]
        into: String,
        /// Only from this day on
        #[arg(long, value_name = "DAY", value_parser = moment::day)]
        from: Option<NaiveDate>,
        /// Only until this day
        #[arg(long, value_name = "DAY", value_parser = moment::day)]
        until: Option<NaiveDate>,
    },
    /// A rule by which something comes again, in words, and its next days
    #[command(
        after_help = "Examples:\n  peyvand calendar rule 'RSCALE=PERSIAN;FREQ=MONTHLY;BYDAY=-1TH' --from 1405/01/01@persian --locale fa\n  peyvand calendar rule 'FREQ=WEEKLY;INTERVAL=2;BYDAY=SA,MO' --count 4"
    )]
    Rule {
        /// As RFC 5545 and RFC 7529 write it; SKIP says what becomes of days that a month does not have
        rule: Recurrence,
        /// From this day on [default: today]
        #[arg(long, value_name = "DAY", value_parser = moment::day)]
        from: Option<NaiveDate>,
        /// How many days are shown at most
        #[arg(long, value_name = "N", default_value_t = 10)]
        count: usize,
    },
    /// The first day of the fiscal year: shows it, or sets it
    #[command(
        after_help = "Examples:\n  peyvand calendar fiscal 01-01@persian\n  peyvand query opportunity 'close_date[in]:this-fiscal-year'\n  peyvand report --group close_date:fiscal-quarter --measure 'sum(amount)'"
    )]
    Fiscal {
        /// Month and day, such as 04-01 or 01-01@persian
        #[arg(value_name = "FIRST-DAY")]
        first: Option<FiscalYear>,
        /// Let there be none
        #[arg(long, conflicts_with = "first")]
        none: bool,
    },
}
