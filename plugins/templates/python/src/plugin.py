"""What does a new lead need? A welcome, its company, a day to answer by, and a look into a register of companies.

Every kind of hook is here once; delete those that you do not need, and their [[hook]] in plugin.toml.
"""

import re
from datetime import timedelta

from peyvand_plugin import Message, Refused, Request, Target, ascii_digits, digits, log, pick, today
from peyvand_plugin import random, records, settings, store, text

REGISTER = "https://register.example/companies"
PERSIAN = str.maketrans("يىك", "ییک")


class Plugin:
    """What it keeps of its settings."""

    #: The points that `score` may give, by hook, in the order of the manifest.
    reasons = {"full-lead": ["complete", "large"]}

    def __init__(self, settings):
        self.large_from = settings.amount("large-from")
        self.days_to_answer = timedelta(days=settings.integer("days-to-answer", 0, 30))
        self.language = settings.one_of("language", "fa", "ar", "en")
        self.sends = settings.boolean("send-welcome")
        self.asks_a_day = settings.integer("asks-a-day", 0, 1_000)

    # A type of field: `iran-code` of this plugin, ten digits in whatever script they are written.

    def normalise(self, value, type):
        return re.sub(r"[\s-]", "", ascii_digits(value))

    def validate(self, value, type):
        if not re.fullmatch("[0-9]{10}", value):
            raise Refused("ten-digits", self.say("give ten digits", "ده رقم بنویسید", "اكتب عشرة أرقام"))

    def format(self, value, type, locale):
        return digits(locale[:2], f"{value[:5]}-{value[5:]}")

    # Before a lead is saved: one spelling, the company of the contact who writes, a day to answer by.

    def before_save(self, row, answer):
        company = row["company"] or self.company_of(row["email"])
        if company is not None and persian(company) != row["company"]:
            answer["company"] = persian(company)
        if not row.has("answer_by"):
            answer["answer_by"] = row.today() + self.days_to_answer

        budget = row["budget"]
        if budget and budget.amount >= self.large_from and company is None:
            amount = digits(self.language, budget.amount)
            answer.refuse("company", "company-missing", self.say(
                f"a budget of {amount} needs the company's name",
                f"برای بودجهٔ {amount} نام شرکت لازم است",
                f"ميزانية {amount} تحتاج إلى اسم الشركة",
            ))
        if row["is_urgent"] and row.verb == "create":
            subject = self.say("Answer at once", "پاسخ فوری", "ردّ فورًا")
            answer.create("activity", kind="task", subject=subject, about=Target.of(row), due_on=row.today())
            answer.keep("last urgent", str(row.today()))

    def company_of(self, email):
        """The account of the contact with an address, as it was before this save."""
        if email is None:
            return None
        contacts = records.query("contact", f"email[eq]:{records.quoted(email)}", ["account"], limit=1)
        if not contacts or contacts[0]["account"] is None:
            return None
        [account] = records.get("account", [contacts[0]["account"]], ["name"])
        return account and account["name"]

    # Fields that follow from others.

    def compute(self, row, patch):
        name = row.json("name") or {}
        called = " ".join(part for part in map(name.get, ("title", "given", "family")) if part)
        patch["welcome"] = f"{called} گرامی، خوش آمدید" if called else None

        budget, employees = row["budget"], row["employees"]
        patch["budget_per_employee"] = round(budget.amount / employees, 9) if budget and employees else None

        until = row["answer_by"] and text.in_calendar(row["answer_by"], "jalali")
        patch["answer_by_jalali"] = digits("fa", f"{until.year}/{until.month}/{until.day}") if until else None

    # After the commit: another system is asked, and people are told.

    def after_commit(self, row, effects):
        key, day = settings.get("register-key"), f"asked {row.today()} "
        if key and row.has("company") and row.changed("company"):
            if len(store.scan(day, limit=1_000)) >= self.asks_a_day:
                log(f"{self.asks_a_day} companies were looked up today: {row.id} waits for another change")
            else:
                self.ask(row, key, day, effects)
        if self.sends and row.has("email") and row.verb == "create":
            subject = self.say("Welcome", "خوش آمدید", "أهلًا بك")
            welcome = Message(Target.of(row), row["welcome"] or "", "email", subject, language=self.language)
            effects.send(f"welcome {row.id}", welcome)
        if row["status"] == "unqualified" and row.changed("status"):
            for task in records.query("activity", f"and(about[eq]:{row.id},status[eq]:planned,kind[eq]:task)"):
                effects.delete(f"drop {task.id}", task.id)
            effects.keep(f"forget {row.id}", day + row.id, None)

    def ask(self, row, key, day, effects):
        company, phone = row["company"], row.json("phone")
        number = text.phone(phone["raw"]) if phone else None
        effects.keep(f"count {row.id}", day + row.id, text.fold(company))
        effects.request(f"ask {row.id} {company}"[:90], Request(
            REGISTER, "post", {"authorization": f"Bearer {key}"},
            json={"company": company, "phone": number} if number else {"company": company},
            time_out=5_000, reply_to="registered", context=company,
        ))

    # What the register answered.

    def on_reply(self, reply, effects):
        answered = reply.json() if reply.is_ok else None
        if answered and "number" in answered:
            effects.update(
                f"number {reply.key}", reply.about, register_number=str(answered["number"]), registered_on=today()
            )
            return
        again = f"again {reply.key}"
        subject = self.say("Look the company up again", "دوباره شرکت را جستجو کنید", "ابحث عن الشركة مرة أخرى")
        due = today() + timedelta(days=1 + random.below(3))
        effects.create(again, "activity", kind="task", about=Target.of(reply), due_on=due, subject=subject)
        why = reply.failed or f"{reply.context}: {reply.status}"
        effects.update(f"why {again}", Target.made(again), description=why)

    # An action for workflows: a reminder, unless there is one.

    def perform(self, row, parameters, effects):
        if records.count("activity", f"and(about[eq]:{row.id},status[eq]:planned)") > 0:
            return
        effects.create(
            f"remind {row.id} {row.today()}", "activity", kind=parameters.get("kind", "call"),
            subject=row["welcome"] or row.object, about=Target.of(row), due_on=row.today() + self.days_to_answer,
        )

    # Points for whoever writes a lead down well.

    def score(self, row, awards):
        if all(row.has(field) for field in ("company", "email", "phone")):
            awards.give("complete", 5)
        if row["budget"] and row["budget"].amount >= self.large_from:
            awards.give("large", 10)

    def say(self, english, persian, arabic):
        return pick(self.language, english, persian, arabic)


def persian(text):
    """One spelling: the Persian ی and ک, and single spaces."""
    return " ".join(text.translate(PERSIAN).split())
