//! Can a reading be, and what went through the meter by it?

use peyvand_plugin::{Answer, Date, Decimal, Effects, Row, records};

use crate::found::{self, Checked, Refused, owned};
use crate::register::{Impossible, Last, Meter, Use};
use crate::{Energy, ORIGIN};

/// What makes a reading this one: once others build on it, it stays as it is.
const FACTS: [&str; 4] = ["point", "read_on", "register", "kind"];
const POINT: [&str; 7] = [
    "utility",
    "meter_serial",
    "meter_digits",
    "multiplier",
    "daily_most",
    "amperage",
    "phase",
];
/// Volts between a phase and the neutral.
const VOLTS: i64 = 220;

/// A reading that is there.
struct Known {
    id: String,
    day: Date,
    register: i64,
    kind: String,
}

struct Point {
    serial: Option<String>,
    meter: Meter,
}

pub(crate) fn amend(energy: &Energy, row: &Row<'_>, answer: &mut Answer<'_, '_>) -> Checked<()> {
    let (Some(id), Some(point_id), Some(day), Some(register)) = (
        row.text("id"),
        row.text("point"),
        row.date("read_on"),
        row.integer("register"),
    ) else {
        // What is required and missing is told by the engine.
        return Ok(());
    };
    if row.old().has("read_on") {
        if !FACTS.iter().any(|fact| row.changed(fact)) {
            return Ok(());
        }
        energy.still_free(id)?;
    }
    if day > row.today() {
        return Err(energy.future());
    }
    let kind = row.text("kind").unwrap_or("read");
    let Some(point) = energy.point(point_id)? else {
        return Ok(());
    };
    if kind != "installed"
        && row.has("meter_serial")
        && row.text("meter_serial") != point.serial.as_deref()
    {
        return Err(energy.other_meter());
    }
    let before = readings(point_id, id)?;
    let used = match before.first() {
        None => Use {
            consumption: 0,
            days: 0,
            rolled_over: false,
            was_over_estimated: false,
        },
        Some(last) => energy.used(&point.meter, &before, last, kind, register, day)?,
    };
    if !row.has("meter_serial")
        && let Some(serial) = &point.serial
    {
        answer.set("meter_serial", serial.as_str());
    }
    answer
        .set("consumption", Decimal::from_billionths(used.consumption))
        .set("days", i64::from(used.days))
        .set("rolled_over", used.rolled_over)
        .set("over_estimated", used.was_over_estimated);
    match before.first() {
        Some(last) => answer.set("previous", last.id.as_str()),
        None => answer.clear("previous"),
    };
    // Two that follow the same one, in one commit or in two, are one too many.
    answer.set("follows", before.first().map_or(point_id, |last| &last.id));
    Ok(())
}

fn readings(point: &str, but: &str) -> Checked<Vec<Known>> {
    let fields = ["id", "read_on", "register", "kind"];
    let of_point = format!("point[eq]:{point}");
    let known = found::all(
        "meter_reading",
        &of_point,
        "-read_on,-created_at",
        &fields,
        |row| {
            Some(Known {
                id: owned(row, "id")?,
                day: row.date("read_on")?,
                register: row.integer("register")?,
                kind: owned(row, "kind")?,
            })
        },
    )?;
    Ok(known
        .into_iter()
        .flatten()
        .filter(|known| known.id != but)
        .collect())
}

impl Energy {
    fn point(&self, id: &str) -> Checked<Option<Point>> {
        found::one("metering_point", id, &POINT, |row| {
            let billionths = |column| row.decimal(column).map(Decimal::billionths);
            let daily = match row.text("utility") {
                Some("gas") => self.gas_daily.billionths(),
                Some("water") => self.water_daily.billionths(),
                _ => {
                    let phases = if row.text("phase") == Some("three") {
                        3
                    } else {
                        1
                    };
                    let watts = row
                        .integer("amperage")
                        .unwrap_or(25)
                        .saturating_mul(VOLTS * phases);
                    // Kilowatt-hours of a day at full load.
                    i128::from(watts) * 24 * 1_000_000
                }
            };
            Point {
                serial: owned(row, "meter_serial"),
                meter: Meter {
                    digits: row
                        .integer("meter_digits")
                        .and_then(|digits| u32::try_from(digits).ok())
                        .unwrap_or(5),
                    multiplier: billionths("multiplier").unwrap_or(1_000_000_000),
                    daily_most: billionths("daily_most").unwrap_or(daily),
                },
            }
        })
    }

    fn used(
        &self,
        meter: &Meter,
        before: &[Known],
        last: &Known,
        kind: &str,
        register: i64,
        day: Date,
    ) -> Checked<Use> {
        let no_use = Use {
            consumption: 0,
            days: 0,
            rolled_over: false,
            was_over_estimated: false,
        };
        match (last.kind.as_str(), kind) {
            ("removed", "installed") if day >= last.day => return Ok(no_use),
            ("removed", "installed") => return Err(self.impossible(Impossible::NotAfterLast)),
            ("removed", _) => return Err(self.meter_removed()),
            (_, "installed") => return Err(self.not_removed()),
            _ => {}
        }
        let estimates = before
            .iter()
            .take_while(|known| known.kind == "estimated")
            .count();
        if kind == "estimated" && estimates >= self.estimates {
            return Err(self.too_many_estimates());
        }
        let seen = before.iter().find(|known| known.kind != "estimated");
        let last = Last {
            day: last.day,
            register: last.register,
            seen: seen.map_or(last.register, |seen| seen.register),
            is_estimated: last.kind == "estimated",
        };
        meter
            .since(&last, register, day)
            .map_err(|why| self.impossible(why))
    }

    fn still_free(&self, id: &str) -> Checked<()> {
        let later = records::count("meter_reading", &format!("previous[eq]:{id}"))?;
        let billed = records::count(
            "utility_bill",
            &format!("or(reading_from[eq]:{id},reading_to[eq]:{id})"),
        )?;
        match later + billed {
            0 => Ok(()),
            _ => Err(Refused {
                column: None,
                code: "reading-used",
                message: self.say(
                    "a later reading or a bill builds on this one; correct the bill instead",
                    "قرائت بعدی یا قبض بر پایهٔ این قرائت است؛ به جای آن قبض را اصلاح کنید",
                    "قراءة لاحقة أو فاتورة مبنية على هذه القراءة؛ صحّح الفاتورة بدلًا منها",
                ),
            }),
        }
    }

    fn future(&self) -> Refused {
        let message = self.say(
            "the reading is in the future; give the day on which the meter was read",
            "تاریخ قرائت در آینده است؛ روزی را بنویسید که کنتور خوانده شد",
            "تاريخ القراءة في المستقبل؛ اكتب يوم قراءة العداد",
        );
        Refused::because_of("read_on", "future", message)
    }

    fn other_meter(&self) -> Refused {
        let message = self.say(
            "this is not the point's meter; record its removal and the new meter first",
            "این کنتور آن نقطه نیست؛ اول برداشتن کنتور قبلی و نصب کنتور تازه را ثبت کنید",
            "هذا ليس عداد النقطة؛ سجّل أولًا فك العداد القديم وتركيب الجديد",
        );
        Refused::because_of("meter_serial", "other-meter", message)
    }

    fn meter_removed(&self) -> Refused {
        let message = self.say(
            "the meter was removed; the next reading is the new meter's first (installed)",
            "کنتور برداشته شده است؛ قرائت بعدی باید رقم نخست کنتور تازه (نصب) باشد",
            "فُك العداد؛ القراءة التالية هي الأولى للعداد الجديد (تركيب)",
        );
        Refused::because_of("kind", "meter-removed", message)
    }

    fn not_removed(&self) -> Refused {
        let message = self.say(
            "the last meter has no final reading (removed); record that first",
            "کنتور قبلی قرائت پایانی (برداشتن) ندارد؛ اول آن را ثبت کنید",
            "ليس للعداد السابق قراءة نهائية (فك)؛ سجّلها أولًا",
        );
        Refused::because_of("kind", "no-removal", message)
    }

    fn too_many_estimates(&self) -> Refused {
        let message = self.say(
            "the meter was estimated too often in a row; it has to be read now",
            "قرائت این کنتور پیاپی بیش از حد برآوردی بوده است؛ اکنون باید خوانده شود",
            "قُدّرت قراءة العداد مرات متتالية أكثر من المسموح؛ يجب أن يُقرأ الآن",
        );
        Refused::because_of("kind", "too-many-estimates", message)
    }

    fn impossible(&self, why: Impossible) -> Refused {
        let (column, code, message) = match why {
            Impossible::TooManyDigits => (
                "register",
                "too-many-digits",
                self.say(
                    "the register of this meter has fewer digits",
                    "شمارندهٔ این کنتور رقم‌های کمتری دارد",
                    "خانات هذا العداد أقل",
                ),
            ),
            Impossible::NotAfterLast => (
                "read_on",
                "not-after-last",
                self.say(
                    "there is a reading of this day or later; give a later day",
                    "برای این روز یا پس از آن قرائت ثبت شده است؛ روز بعدتری بنویسید",
                    "توجد قراءة لهذا اليوم أو بعده؛ اكتب يومًا لاحقًا",
                ),
            ),
            Impossible::BelowLast => (
                "register",
                "below-last",
                self.say(
                    "it is less than the last reading; read again, or record a meter change",
                    "از قرائت قبلی کمتر است؛ دوباره بخوانید یا تعویض کنتور را ثبت کنید",
                    "أقل من القراءة السابقة؛ أعد القراءة أو سجّل تبديل العداد",
                ),
            ),
            Impossible::TooMuch(most) => (
                "register",
                "too-much",
                self.say(
                    &format!("at most {most} can have been counted in these days; read again"),
                    &format!("در این روزها بیش از {most} نمی‌تواند شمرده شده باشد؛ دوباره بخوانید"),
                    &format!("لا يمكن أن يُعدّ في هذه الأيام أكثر من {most}؛ أعد القراءة"),
                ),
            ),
        };
        Refused::because_of(column, code, message)
    }
}

/// A new meter becomes the point's; a bill by too high an estimate becomes somebody's task.
pub(crate) fn follow(energy: &Energy, row: &Row<'_>, effects: &mut Effects) -> Checked<()> {
    let (Some(id), Some(point)) = (row.text("id"), row.text("point")) else {
        return Ok(());
    };
    if row.text("kind") == Some("installed") && row.has("meter_serial") {
        effects
            .update(point, format!("meter:{id}"))
            .set_some("meter_serial", row.text("meter_serial"));
    }
    if row.boolean("over_estimated") == Some(true) {
        let subscriber = found::one("metering_point", point, &["subscriber"], |row| {
            owned(row, "subscriber")
        })?;
        let party = match subscriber.flatten() {
            Some(id) => {
                found::one("subscriber", &id, &["party"], |row| owned(row, "party"))?.flatten()
            }
            None => None,
        };
        effects
            .create("activity", format!("over-estimated:{id}"))
            .set("kind", "task")
            .set(
                "subject",
                energy.say(
                    "Correct the bill: the estimate was too high",
                    "اصلاح قبض: برآورد بیش از مصرف بود",
                    "تصحيح الفاتورة: التقدير كان أعلى من الاستهلاك",
                ),
            )
            .set_some("about", party)
            .set("due_on", row.today().plus_days(3))
            .set("status", "planned")
            .set("origin", ORIGIN);
    }
    Ok(())
}
