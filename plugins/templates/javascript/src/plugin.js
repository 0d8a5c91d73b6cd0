// What does a new lead need? A welcome, its company, a day to answer by, and a look into a register of companies.
//
// Every kind of hook is here once; delete those that you do not need, and their [[hook]] in plugin.toml.

import { digits, digitsToAscii, log, pick, Refused, serve, Target, today } from "peyvand-plugin";
import * as random from "peyvand-plugin/random";
import * as records from "peyvand-plugin/records";
import * as settingsNow from "peyvand-plugin/settings";
import * as store from "peyvand-plugin/store";
import { fold, inCalendar, phone } from "peyvand-plugin/text";

const REGISTER = "https://register.example/companies";

export class Welcome {
  /** The points that `score` may give, by hook, in the order of the manifest. */
  static reasons = { "full-lead": ["complete", "large"] };

  constructor(settings) {
    this.largeFrom = settings.amount("large-from");
    this.daysToAnswer = settings.integer("days-to-answer", 0, 30);
    this.language = settings.oneOf("language", ["fa", "ar", "en"]);
    this.sends = settings.boolean("send-welcome");
    this.asksADay = settings.integer("asks-a-day", 0, 1_000);
  }

  // A type of field: `iran-code` of this plugin, ten digits in whatever script they are written.

  normalise(value) { return digitsToAscii(value).replace(/[\s-]/g, ""); }

  validate(value) {
    if (/^\d{10}$/.test(value)) return;
    throw new Refused("ten-digits", this.say("give ten digits", "ده رقم بنویسید", "اكتب عشرة أرقام"));
  }

  format(value, _type, locale) { return digits(locale.slice(0, 2), `${value.slice(0, 5)}-${value.slice(5)}`); }

  // Before a lead is saved: one spelling, the company of the contact who writes, a day to answer by.

  beforeSave(row, answer) {
    const company = row.text("company") ?? this.companyOf(row.text("email"));
    if (company !== undefined && persian(company) !== row.text("company")) answer.set("company", persian(company));
    if (!row.has("answer_by")) answer.set("answer_by", row.today().plus(this.daysToAnswer));

    const budget = row.money("budget");
    if (budget && budget.amount.compare(this.largeFrom) >= 0 && company === undefined) {
      const amount = digits(this.language, budget.amount);
      answer.refuse("company", "company-missing", this.say(
        `a budget of ${amount} needs the company's name`,
        `برای بودجهٔ ${amount} نام شرکت لازم است`,
        `ميزانية ${amount} تحتاج إلى اسم الشركة`,
      ));
    }
    if (row.boolean("is_urgent") && row.verb === "create") {
      answer.create("activity", {
        kind: "task", subject: this.say("Answer at once", "پاسخ فوری", "ردّ فورًا"), about: Target.of(row), due_on: row.today(),
      });
      answer.keep("last urgent", row.today().toString());
    }
  }

  /** The account of the contact with an address, as it was before this save. */
  companyOf(email) {
    if (email === undefined) return undefined;
    const { rows: [contact] } = records.query("contact", `email[eq]:${records.quoted(email)}`, ["account"], { limit: 1 });
    const account = contact?.text("account");
    const [found] = account ? records.get("account", [account], ["name"]) : [];
    return found?.text("name");
  }

  // Fields that follow from others.

  compute(row, patch) {
    const name = row.json("name");
    const called = [name?.title, name?.given, name?.family].filter(Boolean).join(" ");
    patch.set("welcome", called ? `${called} گرامی، خوش آمدید` : null);

    const [budget, employees] = [row.money("budget"), row.integer("employees")];
    patch.set("budget_per_employee", budget && employees ? budget.amount.dividedBy(employees) : null);

    const until = row.date("answer_by") && inCalendar(row.date("answer_by"), "jalali");
    patch.set("answer_by_jalali", until ? digits("fa", `${until.year}/${until.month}/${until.day}`) : null);
  }

  // After the commit: another system is asked, and people are told.

  afterCommit(row, effects) {
    const key = settingsNow.get("register-key");
    const day = `asked ${row.today()} `;
    if (key && row.has("company") && row.changed("company")) {
      if (store.scan(day, { limit: 1_000 }).length >= this.asksADay) {
        log(`${this.asksADay} companies were looked up today: ${row.id} waits for another change`);
      } else {
        effects.keep(`count ${row.id}`, day + row.id, fold(row.text("company")));
        effects.request(`ask ${row.id} ${row.text("company")}`.slice(0, 90), {
          method: "post", url: REGISTER, headers: { authorization: `Bearer ${key}` },
          json: { company: row.text("company"), phone: numberOf(row.json("phone")) },
          timeOut: 5_000, replyTo: "registered", context: row.text("company"),
        });
      }
    }
    if (this.sends && row.has("email") && row.verb === "create") {
      effects.send(`welcome ${row.id}`, {
        to: Target.of(row), channel: "email", language: this.language,
        subject: this.say("Welcome", "خوش آمدید", "أهلًا بك"), text: row.text("welcome"),
      });
    }
    if (row.text("status") === "unqualified" && row.changed("status")) {
      const open = `and(about[eq]:${row.id},status[eq]:planned,kind[eq]:task)`;
      for (const task of records.query("activity", open, ["id"])) effects.delete(`drop ${task.id}`, task.id);
      effects.keep(`forget ${row.id}`, day + row.id, null);
    }
  }

  // What the register answered.

  onReply(reply, effects) {
    const number = reply.isOk ? reply.json()?.number : undefined;
    if (number !== undefined) {
      effects.update(`number ${reply.key}`, reply.about, { register_number: String(number), registered_on: today() });
      return;
    }
    const again = `again ${reply.key}`;
    effects.create(again, "activity", {
      kind: "task", about: Target.of(reply), due_on: today().plus(1 + random.below(3)),
      subject: this.say("Look the company up again", "دوباره شرکت را جستجو کنید", "ابحث عن الشركة مرة أخرى"),
    });
    effects.update(`why ${again}`, Target.made(again), { description: reply.failed ?? `${reply.context}: ${reply.status}` });
  }

  // An action for workflows: a reminder, unless there is one.

  perform(row, parameters, effects) {
    if (records.count("activity", `and(about[eq]:${row.id},status[eq]:planned)`) > 0) return;
    effects.create(`remind ${row.id} ${row.today()}`, "activity", {
      kind: parameters.kind ?? "call", subject: row.text("welcome") ?? row.object, about: Target.of(row),
      due_on: row.today().plus(this.daysToAnswer),
    });
  }

  // Points for whoever writes a lead down well.

  score(row, awards) {
    if (["company", "email", "phone"].every((field) => row.has(field))) awards.give("complete", 5);
    const budget = row.money("budget");
    if (budget && budget.amount.compare(this.largeFrom) >= 0) awards.give("large", 10);
  }

  say(english, farsi, arabic) { return pick(this.language, english, farsi, arabic); }
}

/** One spelling: the Persian ی and ک, and single spaces. */
function persian(text) {
  return text.replaceAll("ي", "ی").replaceAll("ى", "ی").replaceAll("ك", "ک").replace(/\s+/g, " ").trim();
}

/** A phone's number in the international form, as far as it is one. */
function numberOf(written) { return written && phone(written.raw); }

export const {
  binding, fieldType, beforeSave, computedFields, afterCommit, onReply, workflowAction, gamification,
} = serve(Welcome);
