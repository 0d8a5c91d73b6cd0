//! Why is a bill refused, in words that say what to do?

use crate::Energy;
use crate::found::Refused;
use crate::tariff::Incomplete;

impl Energy {
    pub(super) fn issued(&self, column: &'static str) -> Refused {
        let message = self.say(
            "the bill is issued and stays as it is; make a correction of it",
            "قبض صادر شده و تغییر نمی‌کند؛ برای آن قبض اصلاحی بسازید",
            "الفاتورة صادرة ولا تتغير؛ أنشئ لها فاتورة تصحيح",
        );
        Refused::because_of(column, "issued", message)
    }

    pub(super) fn no_reading(&self) -> Refused {
        let message = self.say(
            "a bill needs two readings of its point; name the last as reading_to",
            "قبض به دو قرائت از همان نقطه نیاز دارد؛ قرائت پایانی را بنویسید",
            "تحتاج الفاتورة إلى قراءتين للنقطة نفسها؛ حدّد القراءة الأخيرة",
        );
        Refused::because_of("reading_to", "no-reading", message)
    }

    pub(super) fn already_billed(&self) -> Refused {
        let message = self.say(
            "this period is billed already, or ends before it begins",
            "این دوره پیش‌تر صورت‌حساب شده یا پایانش پیش از آغاز آن است",
            "هذه الفترة مفوترة من قبل، أو تنتهي قبل أن تبدأ",
        );
        Refused::because_of("reading_to", "already-billed", message)
    }

    pub(super) fn nothing_corrected(&self) -> Refused {
        let message = self.say(
            "a correction names the bill that it corrects, the right consumption and the reason",
            "قبض اصلاحی باید قبض اصلی، مصرف درست و دلیل را داشته باشد",
            "تحدد فاتورة التصحيح الفاتورة الأصلية والاستهلاك الصحيح والسبب",
        );
        Refused::because_of("corrects", "nothing-corrected", message)
    }

    pub(super) fn not_correctable(&self) -> Refused {
        let message = self.say(
            "only a regular bill that was issued is corrected",
            "تنها قبض عادی صادرشده اصلاح می‌شود",
            "لا تُصحح إلا فاتورة عادية صادرة",
        );
        Refused::because_of("corrects", "not-correctable", message)
    }

    pub(super) fn no_tariff(&self, why: Option<Incomplete>) -> Refused {
        let message = match why {
            Some(Incomplete::Month(month)) => self.say(
                &format!("the tariff has no tier for month {month} of the Persian year"),
                &format!("تعرفه برای ماه {month} سال پله ندارد"),
                &format!("ليس في التعرفة شريحة للشهر {month} من السنة الفارسية"),
            ),
            _ => self.say(
                "the point's tariff does not cover this consumption; complete its tiers",
                "تعرفهٔ نقطه این مصرف را نمی‌پوشاند؛ پله‌های آن را کامل کنید",
                "تعرفة النقطة لا تغطي هذا الاستهلاك؛ أكمل شرائحها",
            ),
        };
        Refused::because_of("point", "no-tariff", message)
    }
}
