//! Whom does a campaign call, how urgently, who was reached, and what did they promise?

use peyvand_plugin::{Answer, Date, Decimal, Effects, Instant, Row};

use crate::Energy;
use crate::found::{self, Checked, Refused, money, owned, rials, set_rials};

/// Outcomes of a call in which somebody spoke.
const SPOKE: [&str; 4] = ["promise", "dispute", "refuses", "already_paid"];

/// Daily, for a subscriber with debts: a place on the list of each campaign that runs and that he fits.
pub(crate) fn list(energy: &Energy, row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    let (Some(id), Some(oldest)) = (row.text("id"), row.date("oldest_due")) else {
        return Ok(());
    };
    let (debt, age) = (rials(row, "debt"), row.today().0.saturating_sub(oldest.0));
    let fields = ["id", "minimum_debt", "minimum_age", "branch"];
    let campaigns = found::all(
        "debt_campaign",
        "state[eq]:running",
        "",
        &fields,
        |campaign| {
            let fits = debt >= rials(campaign, "minimum_debt").max(1)
                && i64::from(age) >= campaign.integer("minimum_age").unwrap_or(0).max(1)
                && (!campaign.has("branch") || campaign.text("branch") == row.text("branch"));
            owned(campaign, "id").filter(|_| fits)
        },
    )?;
    for campaign in campaigns.into_iter().flatten().take(16) {
        effects
            .create("debt_call", format!("list:{campaign}:{id}"))
            .set("title", row.text("number").unwrap_or(id))
            .set("campaign", campaign.as_str())
            .set("subscriber", id)
            .set_some("debt", money(debt))
            .set("age_days", i64::from(age))
            .set("priority", energy.priority(debt, age))
            .set("next_call_on", row.today());
    }
    Ok(())
}

/// An attempt, as a call counts it.
struct Attempt {
    at: Option<Instant>,
    outcome: String,
    reached: Option<String>,
    relation: Option<String>,
    promised_on: Option<Date>,
    promised: i128,
}

/// The attempts of a call, the newest first.
fn attempts_of(call: &str) -> Checked<Vec<Attempt>> {
    let fields = [
        "at",
        "outcome",
        "reached",
        "relation",
        "promised_on",
        "promised",
    ];
    found::all(
        "debt_attempt",
        &format!("call[eq]:{call}"),
        "-at",
        &fields,
        |row| Attempt {
            at: row.instant("at"),
            outcome: owned(row, "outcome").unwrap_or_default(),
            reached: owned(row, "reached"),
            relation: owned(row, "relation"),
            promised_on: row.date("promised_on"),
            promised: rials(row, "promised"),
        },
    )
}

/// What the attempts and the debts of today say of a call.
pub(crate) fn amend_call(
    energy: &Energy,
    row: &Row<'_>,
    answer: &mut Answer<'_, '_>,
) -> Checked<()> {
    let (Some(id), Some(subscriber)) = (row.text("id"), row.text("subscriber")) else {
        return Ok(());
    };
    if !row.changed("recount") {
        return Ok(());
    }
    let attempts = attempts_of(id)?;
    let owes = found::one("subscriber", subscriber, &["debt"], |row| {
        rials(row, "debt")
    })?
    .unwrap_or(0);
    let count = i64::try_from(attempts.len()).unwrap_or(i64::MAX);
    answer.set("attempts", count);
    let Some(last) = attempts.first() else {
        answer.set("state", if owes <= 0 { "paid" } else { "waiting" });
        return Ok(());
    };
    answer.set("outcome", last.outcome.as_str());
    if let Some(at) = last.at {
        answer.set("last_call_at", at);
    }
    if let Some(spoken) = attempts.iter().find(|attempt| attempt.reached.is_some()) {
        answer.set("reached", spoken.reached.clone().unwrap_or_default());
        answer.set("relation", spoken.relation.clone().unwrap_or_default());
    }
    let promise = attempts
        .iter()
        .find(|attempt| attempt.promised_on.is_some());
    if let Some((promise, day)) = promise.and_then(|promise| Some((promise, promise.promised_on?)))
    {
        answer.set("promised_on", day);
        set_rials(answer, "promised", promise.promised);
    }
    let paid = rials(row, "debt") - owes;
    let state = match last.outcome.as_str() {
        _ if owes <= 0 => "paid",
        "promise" => last.kept(row.today(), paid),
        "dispute" => "disputed",
        "refuses" => "refused",
        "wrong_number" => "unreached",
        _ if count >= energy.attempts => "unreached",
        _ => "waiting",
    };
    answer.set("state", state);
    match (state, last.promised_on) {
        ("waiting", _) => answer.set("next_call_on", row.today().plus_days(energy.retry_days)),
        ("promised", Some(day)) => answer.set("next_call_on", day.plus_days(1)),
        ("broken", _) => answer.set("next_call_on", row.today()),
        _ => answer.clear("next_call_on"),
    };
    Ok(())
}

impl Attempt {
    /// What became of a promise, by what was paid since the call was listed.
    fn kept(&self, today: Date, paid: i128) -> &'static str {
        match self.promised_on {
            Some(day) if day < today && paid < self.promised => "broken",
            Some(day) if day < today => "kept",
            _ => "promised",
        }
    }
}

/// Who was reached, and what was promised, belong to an attempt in which somebody spoke.
pub(crate) fn check_attempt(energy: &Energy, row: &Row<'_>) -> Checked<()> {
    let outcome = row.text("outcome").unwrap_or_default();
    if SPOKE.contains(&outcome) && !(row.has("reached") && row.has("relation")) {
        return Err(energy.who_spoke());
    }
    if outcome == "promise" {
        let is_ahead = row
            .date("promised_on")
            .is_some_and(|day| day >= row.today());
        if !is_ahead || rials(row, "promised") <= 0 {
            return Err(energy.what_promised());
        }
    }
    Ok(())
}

/// The call counts its attempts.
pub(crate) fn count_attempt(row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    if let (Some(id), Some(call)) = (row.text("id"), row.text("call")) {
        effects
            .update(call, format!("attempt:{id}"))
            .set("recount", format!("attempt:{id}"));
    }
    Ok(())
}

/// Daily, for a promise whose day is over.
pub(crate) fn look_again(row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    if let Some(id) = row.text("id") {
        let today = row.today();
        effects
            .update(id, format!("again:{id}:{today}"))
            .set("recount", format!("again:{today}"));
    }
    Ok(())
}

/// Who has paid is called no more.
pub(crate) fn debt_changed(row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    let (Some(id), Some(revision)) = (row.text("id"), row.integer("revision")) else {
        return Ok(());
    };
    if rials(row, "debt") > 0 {
        return Ok(());
    }
    let open = format!("and(subscriber[eq]:{id},state[ne]:paid)");
    let calls = found::all("debt_call", &open, "", &["id"], |row| owned(row, "id"))?;
    for call in calls.into_iter().flatten().take(16) {
        effects
            .update(call.as_str(), format!("paid:{call}:{revision}"))
            .set("recount", format!("{id}:{revision}"));
    }
    Ok(())
}

impl Energy {
    /// From 0 to 100: half of it by the debt, half by its age, up to a year.
    pub(crate) fn priority(&self, debt: i128, age: i32) -> i64 {
        let large = (self.large_debt.billionths() / Decimal::whole(1).billionths()).max(1);
        let by_debt = debt.clamp(0, large) * 50 / large;
        let by_age = i128::from(age.clamp(0, 365)) * 50 / 365;
        i64::try_from(by_debt + by_age).unwrap_or_default()
    }

    fn who_spoke(&self) -> Refused {
        let message = self.say(
            "say who was reached, and how he is related to the subscriber",
            "بنویسید چه کسی پاسخ داد و با مشترک چه نسبتی دارد",
            "اذكر من رد على المكالمة وصلته بالمشترك",
        );
        Refused::because_of("reached", "who-spoke", message)
    }

    fn what_promised(&self) -> Refused {
        let message = self.say(
            "a promise has a day, today or later, and an amount",
            "وعده روز (امروز یا بعد) و مبلغ دارد",
            "للوعد يوم (اليوم أو بعده) ومبلغ",
        );
        Refused::because_of("promised_on", "what-promised", message)
    }
}
