"""What does a new lead need? A welcome, a company in one spelling, a day to answer by."""

from datetime import timedelta

PERSIAN = str.maketrans("يىك", "ییک")
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


class Plugin:
    """What it keeps of its settings."""

    def __init__(self, settings):
        self.large_from = settings.decimal("large-from")
        self.days_to_answer = timedelta(days=settings.get("days-to-answer"))

    def before_save(self, row, answer):
        company = row["company"]
        if company is not None and persian(company) != company:
            answer["company"] = persian(company)
        if not row.has("answer_by"):
            answer["answer_by"] = row.today() + self.days_to_answer

        budget = row["budget"]
        if budget and budget.amount >= self.large_from and not row.has("company"):
            amount = str(budget.amount).translate(PERSIAN_DIGITS)
            answer.refuse("company", "company-missing", f"برای بودجهٔ {amount} نام شرکت لازم است")

    def compute(self, row, patch):
        name = row.json("name") or {}
        called = " ".join(part for part in map(name.get, ("title", "given", "family")) if part)
        patch["welcome"] = f"{called} گرامی، خوش آمدید" if called else None

        budget, employees = row["budget"], row["employees"]
        patch["budget_per_employee"] = round(budget.amount / employees, 9) if budget and employees else None


def persian(text):
    """One spelling: the Persian ی and ک, and single spaces."""
    return " ".join(text.translate(PERSIAN).split())
