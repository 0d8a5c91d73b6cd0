// What does a new lead need? A welcome, a company in one spelling, a day to answer by.

import { serve } from "peyvand-plugin";

export class Welcome {
  constructor(settings) {
    this.largeFrom = settings.decimal("large-from");
    this.daysToAnswer = settings.get("days-to-answer");
  }

  beforeSave(row, answer) {
    const company = row.text("company");
    if (company !== undefined && persian(company) !== company) answer.set("company", persian(company));
    if (!row.has("answer_by")) answer.set("answer_by", row.today().plus(this.daysToAnswer));

    const budget = row.money("budget");
    if (budget && budget.amount.compare(this.largeFrom) >= 0 && !row.has("company")) {
      answer.refuse("company", "company-missing", `برای بودجهٔ ${persianDigits(budget.amount)} نام شرکت لازم است`);
    }
  }

  compute(row, patch) {
    const name = row.json("name");
    const called = [name?.title, name?.given, name?.family].filter(Boolean).join(" ");
    patch.set("welcome", called ? `${called} گرامی، خوش آمدید` : null);

    const [budget, employees] = [row.money("budget"), row.integer("employees")];
    patch.set("budget_per_employee", budget && employees ? budget.amount.dividedBy(employees) : null);
  }
}

/** One spelling: the Persian ی and ک, and single spaces. */
function persian(text) {
  return text.replaceAll("ي", "ی").replaceAll("ى", "ی").replaceAll("ك", "ک").replace(/\s+/g, " ").trim();
}

function persianDigits(number) {
  return String(number).replace(/\d/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[digit]);
}

export const { binding, beforeSave, computedFields } = serve(Welcome);
